#include "registry/session.hpp"

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/credentials.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "fetch/fetch.hpp"
#include "oci/registry_documents.hpp"
#include "registry/credentials.hpp"
#include "registry/failure.hpp"

namespace slipway {
namespace {

constexpr std::size_t most_text_bytes = std::size_t{4} << 20;
constexpr std::string_view client_id = "slipway";
constexpr int unauthorized = 401;

/// Sends with patience and gives back all of a 2xx body as the text.
template <typename SendOnce>
HttpResponse send_patiently(SendOnce&& send_once) {
  Patience patience;
  for (;;) {
    std::string text;
    auto response = send_once([&](const HttpResponse&, std::span<const std::byte> bytes) {
      if (text.size() + bytes.size() > most_text_bytes) {
        throw Error(Errc::remote, "the server's answer is longer than any document");
      }
      text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    if (response.is_success()) response.text = std::move(text);
    if (!is_transient(response) || !patience.wait(response)) return response;
  }
}

std::string basic(const Credentials& credentials) {
  return "Basic " + base64_encoded(credentials.user + ':' + credentials.password);
}

std::string form(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, percent_encoded(value));
  }
  return out;
}

/// A password is for the registry's own token server: over TLS when the registry
/// itself is reached so.
void require_safe_realm(const std::string& realm, const Endpoint& endpoint) {
  const auto origin = origin_of(realm);
  const bool is_http = origin.starts_with("http://") || origin.starts_with("https://");
  const bool is_downgrade = endpoint.url.starts_with("https://") && origin.starts_with("http://");
  if (is_http && !is_downgrade) return;
  throw Error(Errc::remote,
              fmt::format("log in to '{}': its token server '{}' is not reached over https",
                          endpoint.registry, printable(without_credentials(realm))));
}

}  // namespace

Session::Session(Http& http, Endpoint endpoint, Access access)
    : http_(http), endpoint_(std::move(endpoint)) {
  if (endpoint_.repository.empty()) return;
  scopes_.insert(fmt::format("repository:{}:{}", endpoint_.repository,
                             access == Access::push ? "pull,push" : "pull"));
}

std::string Session::url(std::string_view rest) const {
  if (endpoint_.repository.empty()) return fmt::format("{}/v2/{}", endpoint_.url, rest);
  return fmt::format("{}/v2/{}/{}", endpoint_.url, endpoint_.repository, rest);
}

void Session::add_source(const std::string& repository) {
  const std::scoped_lock lock(mutex_);
  scopes_.insert(fmt::format("repository:{}:pull", repository));
}

void Session::set_credentials(Credentials credentials) {
  const std::scoped_lock lock(mutex_);
  credentials_ = std::move(credentials);
}

HttpResponse Session::send_once(HttpRequest request, const HttpSink& sink) {
  request.tls = endpoint_.tls;
  // Uploads may go on at another host, which gets no token of ours.
  const bool is_home = origin_of(request.url) == origin_of(endpoint_.url);
  if (is_home) {
    const std::scoped_lock lock(mutex_);
    request.authorization = authorization_;
  }
  auto response = http_.send(request, sink);
  if (response.status != unauthorized || !is_home ||
      origin_of(response.url) != origin_of(endpoint_.url))
    return response;
  if (!authorize(response, request.authorization)) return response;
  {
    const std::scoped_lock lock(mutex_);
    request.authorization = authorization_;
  }
  return http_.send(request, sink);
}

HttpResponse Session::send(const HttpRequest& request) {
  return send_patiently([&](const HttpSink& sink) { return send_once(request, sink); });
}

/// False where there is nothing (more) to show. One thread asks, the others use
/// what it got.
bool Session::authorize(const HttpResponse& refusal, const std::string& used) {
  const std::scoped_lock lock(mutex_);
  if (authorization_ != used) return true;
  for (const auto& challenge : parse_challenges(refusal.header("www-authenticate"))) {
    auto authorization = authorization_for(challenge);
    if (authorization.empty()) continue;
    authorization_ = std::move(authorization);
    return authorization_ != used;
  }
  return false;
}

std::string Session::authorization_for(const Challenge& challenge) {
  const auto& known = credentials();
  if (challenge.scheme == "basic") return known.user.empty() ? std::string() : basic(known);
  if (challenge.scheme != "bearer") return {};
  if (!known.registry_token.empty()) return "Bearer " + known.registry_token;
  return "Bearer " + bearer_token(challenge, known);
}

std::string Session::bearer_token(const Challenge& challenge, const Credentials& known) {
  for (const auto& scope : split(challenge.get("scope"), ' ')) {
    if (!scope.empty()) scopes_.insert(scope);
  }
  return with_context(
      [&] { return fmt::format("log in to '{}'", endpoint_.registry); },
      [&] {
        const auto response = ask_token_server(challenge, known);
        if (response.status == unauthorized && !known.is_empty()) {
          throw Error(Errc::remote, "the token server does not accept the user and password")
              .with_hint(fmt::format("log in again: slipway login {}", endpoint_.registry));
        }
        if (!response.is_success()) throw failure_of(response, endpoint_, "token");
        return parse_bearer_token(response.text).token;
      });
}

/// With an identity token by POST, as OAuth 2 wants it; else by GET.
HttpResponse Session::ask_token_server(const Challenge& challenge, const Credentials& known) {
  const auto realm = challenge.get("realm");
  if (!known.is_empty()) require_safe_realm(realm, endpoint_);
  HttpRequest request{.url = realm};
  if (origin_of(realm) == origin_of(endpoint_.url)) request.tls = endpoint_.tls;
  request.tls.authorities = endpoint_.tls.authorities;
  std::vector<std::pair<std::string, std::string>> fields;
  if (const auto service = challenge.get("service"); !service.empty())
    fields.emplace_back("service", service);
  if (!known.identity_token.empty()) {
    fields.insert(fields.end(), {{"grant_type", "refresh_token"},
                                 {"client_id", std::string(client_id)},
                                 {"scope", fmt::format("{}", fmt::join(scopes_, " "))},
                                 {"refresh_token", known.identity_token}});
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = [text = form(fields)] { return text_body(text); };
  } else {
    for (const auto& scope : scopes_) fields.emplace_back("scope", scope);
    if (!known.user.empty()) {
      fields.emplace_back("account", known.user);
      request.authorization = basic(known);
    }
    request.url += (realm.find('?') == std::string::npos ? '?' : '&') + form(fields);
  }
  return send_patiently([&](const HttpSink& sink) { return http_.send(request, sink); });
}

const Credentials& Session::credentials() {
  if (!credentials_) credentials_ = find_credentials(endpoint_.registry, endpoint_.repository);
  return *credentials_;
}

}  // namespace slipway
