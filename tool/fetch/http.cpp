#include "fetch/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>

#include "base/error.hpp"
#include "base/text.hpp"
#include "fetch/curl_library.hpp"

namespace slipway {
namespace {

constexpr long connect_seconds = 30;
constexpr long default_stalled_seconds = 60;
constexpr int most_redirections = 10;
constexpr long buffer_bytes = 512 * 1024;
constexpr std::size_t kept_text_bytes = 64 * 1024;

struct FreeEasy {
  void operator()(CURL* handle) const { CurlLibrary::get().easy_cleanup(handle); }
};
struct FreeHeaders {
  void operator()(curl_slist* list) const { CurlLibrary::get().slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

long stalled_seconds() {
  const char* text = std::getenv("SLIPWAY_HTTP_TIMEOUT");
  const auto seconds = text == nullptr ? std::nullopt : parse_integer(text);
  return seconds && *seconds > 0 && *seconds <= 86400 ? static_cast<long>(*seconds)
                                                      : default_stalled_seconds;
}

HttpFailure kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return HttpFailure::name;
    case CURLE_COULDNT_CONNECT:
      return HttpFailure::connection;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
      return HttpFailure::tls;
    default:
      return HttpFailure::broken;
  }
}

/// One request to one URL. libcurl calls back with the object as its argument;
/// nothing that is thrown may pass through it.
class Transfer {
 public:
  Transfer(CURL* easy, const HttpRequest& request, const std::string& url, const HttpSink& sink)
      : easy_(easy), request_(request), sink_(sink) {
    response_.url = url;
  }

  HttpResponse run(bool is_home) {
    curl_.easy_reset(easy_);
    set_options(is_home);
    const auto result = curl_.easy_perform(easy_);
    if (thrown_) std::rethrow_exception(thrown_);
    if (result != CURLE_OK) {
      response_.failure = kind_of(result);
      response_.why = *reason_ != '\0' ? reason_ : curl_.easy_strerror(result);
      return std::move(response_);
    }
    curl_off_t time = -1;
    curl_.easy_getinfo(easy_, CURLINFO_FILETIME_T, &time);
    if (time >= 0) response_.modified = time;
    curl_off_t wait = 0;
    curl_.easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &wait);
    response_.retry_after = std::max<curl_off_t>(wait, 0);  // a date may be past
    return std::move(response_);
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    if (const auto code = curl_.easy_setopt(easy_, option, value); code != CURLE_OK) {
      throw Error(Errc::environment,
                  fmt::format("set up libcurl: option {}: {}", static_cast<int>(option),
                              curl_.easy_strerror(code)));
    }
  }

  void add_header(const std::string& line) {
    auto* longer = curl_.slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw Error(Errc::environment, "set up libcurl: out of memory");
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }

  void set_options(bool is_home) {
    for (const auto& [name, value] : request_.headers) add_header(name + ": " + value);
    if (is_home && !request_.authorization.empty())
      add_header("Authorization: " + request_.authorization);
    set_method();
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_URL, response_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FILETIME, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, stalled_seconds());
    set(CURLOPT_BUFFERSIZE, buffer_bytes);
    set(CURLOPT_USERAGENT, "slipway/" SLIPWAY_VERSION);
    set(CURLOPT_ERRORBUFFER, reason_);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_data);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    const auto origin = origin_of(response_.url);
    if (is_loopback(std::string_view(origin).substr(origin.find("//") + 2))) set(CURLOPT_PROXY, "");
    set_tls(is_home);
  }

  void set_method() {
    if (request_.body) {
      body_ = request_.body();
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_UPLOAD_BUFFERSIZE, buffer_bytes);
      set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body_.size));
      set(CURLOPT_READFUNCTION, &Transfer::on_read);
      set(CURLOPT_READDATA, this);
    } else if (request_.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    }
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    if (request_.offset > 0) {
      range_ = fmt::format("{}-", request_.offset);
      set(CURLOPT_RANGE, range_.c_str());
    }
  }

  void set_tls(bool is_home) {
    const auto& tls = request_.tls;
    if (!is_home) return;
    if (!tls.verifies) {
      set(CURLOPT_SSL_VERIFYPEER, 0L);
      set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!tls.authorities.empty()) {
      // The default CURLOPT_CAPATH, the system's, stays.
      curl_blob blob{const_cast<char*>(tls.authorities.data()), tls.authorities.size(),
                     CURL_BLOB_COPY};
      set(CURLOPT_CAINFO_BLOB, &blob);
    }
    if (!tls.certificate_file.empty()) set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
    if (!tls.key_file.empty()) set(CURLOPT_SSLKEY, tls.key_file.c_str());
  }

  template <typename Body>
  std::size_t guarded(std::size_t on_failure, Body&& body) noexcept {
    try {
      return body();
    } catch (...) {
      thrown_ = std::current_exception();
      return on_failure;
    }
  }

  static std::size_t on_data(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    return transfer.guarded(0, [&] {
      transfer.take_data({data, size});
      return size;
    });
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    return transfer.guarded(0, [&] {
      transfer.take_header(trim(std::string_view(data, size)));
      return size;
    });
  }

  static std::size_t on_read(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    return transfer.guarded(CURL_READFUNC_ABORT, [&] {
      return transfer.body_.read(std::as_writable_bytes(std::span(data, size)));
    });
  }

  void take_data(std::string_view data) {
    if (response_.is_success()) return sink_(response_, std::as_bytes(std::span(data)));
    response_.text += data.substr(0, kept_text_bytes - response_.text.size());
  }

  /// "100 Continue" and the like come first, and do not count.
  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {
      response_.headers.clear();
      const auto space = std::min(line.find(' '), line.size());
      response_.status =
          static_cast<int>(parse_integer(trim(line.substr(space)).substr(0, 3)).value_or(0));
      return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    response_.headers[to_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }

  const CurlLibrary& curl_ = CurlLibrary::get();
  CURL* easy_;
  const HttpRequest& request_;
  const HttpSink& sink_;
  std::unique_ptr<curl_slist, FreeHeaders> headers_ = {};
  HttpBody body_ = {};
  std::string range_ = {};
  HttpResponse response_ = {};
  std::exception_ptr thrown_ = {};
  char reason_[CURL_ERROR_SIZE] = {};
};

bool is_redirection(const HttpResponse& response) {
  constexpr std::array redirections = {301, 302, 303, 307, 308};
  return response.failure == HttpFailure::none && !response.header("location").empty() &&
         std::ranges::find(redirections, response.status) != redirections.end();
}

class CurlHttp final : public Http {
 public:
  HttpResponse send(const HttpRequest& request, const HttpSink& sink) override {
    Lent easy(*this);
    auto current = request;
    const auto home = origin_of(request.url);
    for (int redirections = 0;; ++redirections) {
      auto response =
          Transfer(easy.get(), current, current.url, sink).run(origin_of(current.url) == home);
      // libcurl up to 8.4 may keep buffers of a failure, which then cannot be set up.
      if (response.failure != HttpFailure::none) easy.drop();
      if (!is_redirection(response)) return response;
      if (redirections == most_redirections) {
        response.failure = HttpFailure::broken;
        response.why = "it redirects again and again";
        return response;
      }
      current.url = absolute_url(current.url, response.header("location"));
      if (response.status == 303 && current.method != "HEAD") {
        current.method = "GET";
        current.body = {};
      }
    }
  }

 private:
  /// A handle, with its connections, for one thread at a time.
  class Lent {
   public:
    explicit Lent(CurlHttp& owner) : owner_(owner), easy_(owner.take()) {}
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() {
      if (easy_) owner_.give(std::move(easy_));
    }
    CURL* get() const { return easy_.get(); }
    void drop() { easy_.reset(); }

   private:
    CurlHttp& owner_;
    Easy easy_;
  };

  Easy take() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) {
      Easy easy(CurlLibrary::get().easy_init());
      if (!easy) throw Error(Errc::environment, "set up libcurl: out of memory");
      idle_.reserve(++made_);  // so that give() cannot fail
      return easy;
    }
    auto easy = std::move(idle_.back());
    idle_.pop_back();
    return easy;
  }

  void give(Easy easy) noexcept {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(easy));
  }

  std::mutex mutex_;
  std::size_t made_ = 0;
  std::vector<Easy> idle_ = {};
};

}  // namespace

HttpBody text_body(std::string text) {
  auto rest = std::make_shared<std::pair<std::string, std::size_t>>(std::move(text), 0);
  const auto size = rest->first.size();
  return {size, [rest](std::span<std::byte> bytes) {
            const auto count = std::min(bytes.size(), rest->first.size() - rest->second);
            std::memcpy(bytes.data(), rest->first.data() + rest->second, count);
            rest->second += count;
            return count;
          }};
}

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::unique_ptr<Http> make_http() { return std::make_unique<CurlHttp>(); }

}  // namespace slipway
