#include "fetch/fetch.hpp"

#include <fmt/format.h>

#include "base/credentials.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "fetch/http.hpp"

namespace slipway {

FetchResponse fetch(const FetchRequest& request,
                    const std::function<void(std::span<const std::byte>)>& sink) {
  HttpRequest http{.url = request.url};
  http.authorization = request.authorization;
  if (!request.etag.empty()) http.headers.emplace_back("If-None-Match", request.etag);
  if (!request.last_modified.empty())
    http.headers.emplace_back("If-Modified-Since", request.last_modified);
  bool has_begun = false;
  const auto response =
      make_http()->send(http, [&](const HttpResponse& answer, std::span<const std::byte> bytes) {
        const auto size = has_begun ? std::nullopt : parse_integer(answer.header("content-length"));
        if (size && *size >= 0 && request.expects)
          request.expects(static_cast<std::uint64_t>(*size));
        has_begun = true;
        sink(bytes);
      });
  const auto fail = [&](std::string_view why) {
    throw Error(Errc::remote,
                fmt::format("fetch '{}': {}", printable(without_credentials(request.url)), why));
  };
  if (response.failure != HttpFailure::none) fail(response.why);
  const bool not_modified = response.status == 304;
  if (!not_modified && !response.is_success())
    fail(fmt::format("the server answered {}", response.status));
  return {not_modified, response.header("etag"), response.header("last-modified"),
          response.modified, response.header("content-disposition")};
}

}  // namespace slipway
