#include "registry/failure.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "fetch/fetch.hpp"
#include "oci/registry_documents.hpp"

namespace slipway {
namespace {

/// "503 (UNAVAILABLE: try later)".
std::string status_text(const HttpResponse& response) {
  std::string details;
  for (const auto& error : parse_registry_errors(response.text)) {
    details += details.empty() ? "" : "; ";
    details +=
        error.message.empty() ? error.code : fmt::format("{}: {}", error.code, error.message);
  }
  return details.empty() ? std::to_string(response.status)
                         : fmt::format("{} ({})", response.status, printable(details));
}

Error network_failure(const HttpResponse& response, const Endpoint& endpoint,
                      std::string_view what) {
  const auto at = fmt::format("fetch {} from '{}'", what, origin_of(response.url));
  switch (response.failure) {
    case HttpFailure::name:
      return Error(Errc::remote,
                   fmt::format("{}: the network knows no such host: {}", at, response.why))
          .with_hint(
              fmt::format("check the connection, and the registry's name '{}'", endpoint.registry));
    case HttpFailure::connection:
      return Error(Errc::remote,
                   fmt::format("{}: the network leads to no server: {}", at, response.why))
          .with_hint("check that the registry runs, its port, and the proxy's settings");
    case HttpFailure::tls:
      return Error(Errc::remote,
                   fmt::format("{}: the server is not trusted, or does not speak TLS: {}", at,
                               response.why))
          .with_hint(
              fmt::format("put its authority's certificate into /etc/containers/certs.d/{}/ca.crt",
                          endpoint.host));
    default:
      return Error(Errc::remote,
                   fmt::format("{}: the connection broke again and again: {}", at, response.why));
  }
}

}  // namespace

Error failure_of(const HttpResponse& response, const Endpoint& endpoint, std::string_view what) {
  if (response.failure != HttpFailure::none) return network_failure(response, endpoint, what);
  const auto status = status_text(response);
  const auto place = fmt::format("'{}/{}'", endpoint.registry, endpoint.repository);
  switch (response.status) {
    case 401:
    case 403:
      return Error(Errc::remote,
                   fmt::format("access to {} is denied: the server answered {}", place, status))
          .with_hint(fmt::format("is the name right? If it is, log in: slipway login {}",
                                 endpoint.registry));
    case 404:
      return Error(Errc::remote,
                   fmt::format("there is no {} in {}: the server answered {}", what, place, status))
          .with_hint("check the name");
    case 429:
      return Error(Errc::remote,
                   fmt::format("fetch {} of {}: the server answered {}, too many requests", what,
                               place, status))
          .with_hint("log in, or try again later");
    default:
      return Error(Errc::remote,
                   fmt::format("fetch {} of {}: the server answered {}", what, place, status));
  }
}

}  // namespace slipway
