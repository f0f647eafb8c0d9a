#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {

/// Whom to trust, and who we are.
struct TlsOptions {
  bool verifies = true;               ///< off: any certificate will do
  std::string authorities = {};       ///< certificates in PEM, trusted besides the system's
  std::string certificate_file = {};  ///< ours, in PEM; empty: none
  std::string key_file = {};
};

/// What a request sends; `read` fills the span and gives 0 at the end.
struct HttpBody {
  std::uint64_t size = 0;
  std::function<std::size_t(std::span<std::byte>)> read = {};
};

/// A body that is a text.
HttpBody text_body(std::string text);

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// The Authorization header. Like our certificate it goes to the URL's own
  /// scheme, host and port alone, wherever that redirects to.
  std::string authorization = {};
  std::function<HttpBody()> body = {};  ///< asked for one each time it is sent; empty: none
  std::uint64_t offset = 0;             ///< the first byte that is wanted (Range)
  TlsOptions tls = {};
};

/// Why there is no whole answer.
enum class HttpFailure {
  none,
  name,        ///< no such host
  connection,  ///< nobody answers there
  tls,         ///< we do not trust the server, or it does not us
  broken,      ///< the connection ended, or stalled, in the middle
};

struct HttpResponse {
  int status = 0;                                   ///< of the last answer; 0: none
  std::map<std::string, std::string> headers = {};  ///< by name in lower case
  std::string url = {};                             ///< where redirections led
  std::string text = {};                      ///< the body's start, where the status is not 2xx
  std::optional<std::int64_t> modified = {};  ///< Last-Modified, seconds since 1970
  std::int64_t retry_after = 0;  ///< Retry-After, whether a number or a date, in seconds from now
  HttpFailure failure = HttpFailure::none;
  std::string why = {};  ///< of the failure, in libcurl's words

  bool is_success() const { return failure == HttpFailure::none && status >= 200 && status < 300; }
  std::string header(const std::string& name) const;
};

/// Takes the body of a 2xx answer as it comes; the response has status and
/// headers by then.
using HttpSink = std::function<void(const HttpResponse&, std::span<const std::byte>)>;

/// Sends HTTP requests. May be used by several threads at once; connections are
/// kept for later requests.
class Http {
 public:
  virtual ~Http() = default;

  /// One request with all its redirections (to http and https; followed but for
  /// 303 with the same method and body). What a server or the network does wrong
  /// is told by the response. Throws Errc::environment where libcurl is missing,
  /// and what sink and body throw.
  virtual HttpResponse send(const HttpRequest& request, const HttpSink& sink) = 0;
};

/// By libcurl. A server that sends nothing for $SLIPWAY_HTTP_TIMEOUT seconds
/// (60) is given up. Proxies are those of the environment; none for loopback.
std::unique_ptr<Http> make_http();

/// "http://host:port" of a URL, in lower case, without user and password.
std::string origin_of(std::string_view url);

/// True for localhost, 127.0.0.0/8 and [::1], with or without a port.
bool is_loopback(std::string_view host);

/// `location` as a Location header of an answer from `base` means it.
std::string absolute_url(std::string_view base, std::string_view location);

/// "a b&c" -> "a%20b%26c": all but letters, digits and "-._~" escaped.
std::string percent_encoded(std::string_view text);

}  // namespace slipway
