#include "build/fetch_context.hpp"

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

/// "user:password@host:port" of a URL.
std::string_view authority_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

std::string_view host_and_port_of(std::string_view url) {
  const auto authority = authority_of(url);
  return authority.substr(authority.rfind('@') + 1);
}

std::string_view host_of(std::string_view url) {
  const auto host = host_and_port_of(url);
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);  // IPv6
  return host.substr(0, host.find(':'));
}

std::string basic(std::string_view user_and_password) {
  return "Basic " + base64_encoded(user_and_password);
}

/// A file's last line end is no part of the secret.
std::optional<std::string> trimmed_secret(const Grants& grants, const std::string& id) {
  auto secret = grants.secret(id);
  if (secret) *secret = trim(*secret);
  return secret;
}

}  // namespace

std::string http_authorization(std::string_view url, const Grants& grants) {
  const std::string host(host_of(url));
  if (const auto token = trimmed_secret(grants, "HTTP_AUTH_TOKEN_" + host))
    return "Bearer " + *token;
  return trimmed_secret(grants, "HTTP_AUTH_HEADER_" + host).value_or("");
}

std::string git_authorization(std::string_view remote, const Grants& grants) {
  if (!remote.starts_with("http://") && !remote.starts_with("https://")) return {};
  for (const auto& suffix : {fmt::format(".{}", host_and_port_of(remote)), std::string()}) {
    if (auto header = trimmed_secret(grants, "GIT_AUTH_HEADER" + suffix)) return *header;
    if (const auto token = trimmed_secret(grants, "GIT_AUTH_TOKEN" + suffix))
      return basic("x-access-token:" + *token);
  }
  const auto authority = authority_of(remote);
  const auto end = authority.rfind('@');
  return end == std::string_view::npos ? std::string()
                                       : basic(percent_decoded(authority.substr(0, end)));
}

}  // namespace slipway
