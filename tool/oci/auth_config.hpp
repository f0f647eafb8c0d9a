#pragma once

#include <map>
#include <string>
#include <string_view>

namespace slipway {

/// Who we are to a registry.
struct Credentials {
  std::string user = {};
  std::string password = {};
  std::string identity_token = {};  ///< exchanged for bearer tokens, instead of a password
  std::string registry_token = {};  ///< a bearer token itself
  bool operator==(const Credentials&) const = default;

  bool is_empty() const {
    return user.empty() && password.empty() && identity_token.empty() && registry_token.empty();
  }
};

/// Docker's config.json and containers' auth.json, as far as they hold credentials
/// (docker/cli cli/config/configfile, containers-auth.json(5)).
struct AuthConfig {
  std::map<std::string, Credentials> auths = {};    ///< by registry, as the file names it
  std::map<std::string, std::string> helpers = {};  ///< credHelpers: a program's suffix by registry
  std::string store = {};                           ///< credsStore: the same for all others
};

/// Throws Errc::input, without any of the text.
AuthConfig parse_auth_config(std::string_view json);

/// The file with that entry of "auths" set or, for empty credentials, removed; all
/// else stays. An empty text is an empty file.
std::string with_auth(std::string_view json, const std::string& key,
                      const Credentials& credentials);

/// What a credential helper's `get` answers. Throws Errc::environment, without any
/// of the text.
Credentials parse_helper_answer(std::string_view json);

/// What a credential helper's `store` reads.
std::string to_helper_request(const std::string& server, const Credentials& credentials);

}  // namespace slipway
