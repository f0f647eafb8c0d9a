#include "fetch/fetch.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "fetch/http.hpp"

namespace slipway {

FetchResponse fetch(const FetchRequest& request, const std::function<void(std::span<const std::byte>)>& sink) {
  HttpRequest http{.url = request.url};
  if (!request.etag.empty()) http.headers.emplace_back("If-None-Match", request.etag);
  if (!request.last_modified.empty()) http.headers.emplace_back("If-Modified-Since", request.last_modified);
  const auto response =
      make_http()->send(http, [&](const HttpResponse&, std::span<const std::byte> bytes) { sink(bytes); });
  const auto fail = [&](std::string_view why) {
    throw Error(Errc::remote, fmt::format("fetch '{}': {}", printable(without_credentials(request.url)), why));
  };
  if (response.failure != HttpFailure::none) fail(response.why);
  const bool not_modified = response.status == 304;
  if (!not_modified && !response.is_success()) fail(fmt::format("the server answered {}", response.status));
  return {not_modified, response.header("etag"), response.header("last-modified"), response.modified,
          response.header("content-disposition")};
}

}  // namespace slipway
