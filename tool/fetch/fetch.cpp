#include "fetch/fetch.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <exception>
#include <memory>

#include "base/credentials.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr long connect_seconds = 30;
constexpr long stalled_seconds = 60;
constexpr long most_redirections = 10;

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One transfer. libcurl calls back with the object as its argument; nothing
/// that is thrown may pass through it.
class Transfer {
 public:
  Transfer(const FetchRequest& request, const std::function<void(std::span<const std::byte>)>& sink)
      : request_(request), sink_(sink) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    easy_.reset(curl_easy_init());
    if (started != CURLE_OK || !easy_) throw Error(Errc::environment, "start libcurl: out of memory");
  }

  FetchResponse run() {
    set_options();
    const auto result = curl_easy_perform(easy_.get());
    if (failure_) std::rethrow_exception(failure_);
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_HTTP_RETURNED_ERROR) throw failed(fmt::format("the server answered {}", status));
    if (result != CURLE_OK) throw failed(*reason_ != '\0' ? reason_ : curl_easy_strerror(result));
    response_.not_modified = status == 304;
    curl_off_t time = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_FILETIME_T, &time);
    if (time >= 0) response_.modified = time;
    return std::move(response_);
  }

 private:
  Error failed(std::string_view why) const {
    return Error(Errc::remote, fmt::format("fetch '{}': {}", printable(without_credentials(request_.url)), why));
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) {
      throw Error(Errc::environment, "set up libcurl: this build of it lacks an option");
    }
  }

  void add_header(const std::string& line) {
    auto* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw Error(Errc::environment, "start libcurl: out of memory");
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }

  void set_options() {
    if (!request_.etag.empty()) add_header("If-None-Match: " + request_.etag);
    if (!request_.authorization.empty()) add_header("Authorization: " + request_.authorization);
    if (!request_.last_modified.empty()) add_header("If-Modified-Since: " + request_.last_modified);
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, most_redirections);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_FILETIME, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, stalled_seconds);
    set(CURLOPT_USERAGENT, "slipway/" SLIPWAY_VERSION);
    set(CURLOPT_ERRORBUFFER, reason_);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_data);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
  }

  static std::size_t on_data(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      transfer.sink_(std::as_bytes(std::span(data, size)));
      return size;
    } catch (...) {
      transfer.failure_ = std::current_exception();
      return 0;
    }
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      transfer.take_header(trim(std::string_view(data, size)));
      return size;
    } catch (...) {
      transfer.failure_ = std::current_exception();
      return 0;
    }
  }

  /// A redirection's headers come first, and do not count.
  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) response_ = {};
    if (line.empty()) tell_size();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const auto name = to_lower(line.substr(0, colon));
    const std::string value(trim(line.substr(colon + 1)));
    if (name == "etag") response_.etag = value;
    if (name == "last-modified") response_.last_modified = value;
    if (name == "content-disposition") response_.disposition = value;
  }

  void tell_size() const {
    curl_off_t size = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    if (size >= 0 && request_.expects) request_.expects(static_cast<std::uint64_t>(size));
  }

  const FetchRequest& request_;
  const std::function<void(std::span<const std::byte>)>& sink_;
  std::unique_ptr<CURL, FreeEasy> easy_ = {};
  std::unique_ptr<curl_slist, FreeHeaders> headers_ = {};
  FetchResponse response_ = {};
  std::exception_ptr failure_ = {};
  char reason_[CURL_ERROR_SIZE] = {};
};

}  // namespace

FetchResponse fetch(const FetchRequest& request, const std::function<void(std::span<const std::byte>)>& sink) {
  return Transfer(request, sink).run();
}

}  // namespace slipway
