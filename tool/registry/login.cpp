#include "registry/login.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "registry/failure.hpp"
#include "registry/session.hpp"

namespace slipway {

void check_login(Http& http, const std::string& registry, const Credentials& credentials) {
  Session session(http, endpoint_of(http, {.registry = registry}), Access::pull);
  session.set_credentials(credentials);
  const auto response = session.send({.url = session.url("")});
  if (response.is_success()) return;
  if (response.status != 401) throw failure_of(response, session.endpoint(), "answer");
  throw Error(
      Errc::remote,
      fmt::format("log in to '{}': the registry does not accept the user and password", registry));
}

}  // namespace slipway
