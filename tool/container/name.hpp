#pragma once

#include <string>
#include <string_view>

namespace slipway {

/// A name for who gave none: "calm_lagoon".
std::string random_container_name();

/// Docker's rule: [a-zA-Z0-9][a-zA-Z0-9_.-]+
bool is_container_name(std::string_view name);

}  // namespace slipway
