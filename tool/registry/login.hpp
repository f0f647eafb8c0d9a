#pragma once

#include <string>

#include "fetch/http.hpp"
#include "oci/auth_config.hpp"

namespace slipway {

/// Ask the registry whether it knows who that is. Throws Errc::remote where it
/// does not, or cannot be asked.
void check_login(Http& http, const std::string& registry, const Credentials& credentials);

}  // namespace slipway
