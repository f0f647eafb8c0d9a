#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "oci/auth_config.hpp"

namespace slipway {

/// The registry that people mean: "https://index.docker.io/v1/" is "docker.io", and
/// "http://host:5000/" is "host:5000".
std::string registry_name(std::string_view server);

/// What the user's files, or the helper programs that they name, hold for a
/// registry; empty: nothing. The longest key that fits counts ("host/org/repo"
/// before "host/org" before "host").
///
/// Files, the first that has something counts: $REGISTRY_AUTH_FILE alone where it
/// is set; else $DOCKER_CONFIG/config.json, $XDG_RUNTIME_DIR/containers/auth.json,
/// ~/.config/containers/auth.json, ~/.docker/config.json. Throws Errc::input for a
/// file that cannot be read, Errc::environment for a helper that fails.
Credentials find_credentials(const std::string& registry, const std::string& repository);

/// The file that login and logout change: $REGISTRY_AUTH_FILE, else
/// $DOCKER_CONFIG/config.json, else ~/.docker/config.json.
std::filesystem::path login_file();

/// Keep the credentials: by the helper that login_file() names for the registry,
/// else in the file itself (mode 0600). The name of the helper or file.
std::string keep_credentials(const std::string& registry, const Credentials& credentials);

/// Forget them in the same place; false where there were none.
bool forget_credentials(const std::string& registry);

}  // namespace slipway
