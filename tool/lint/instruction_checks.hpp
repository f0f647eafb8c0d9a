#pragma once

#include <string_view>

namespace slipway::lint {

/// A name such as GITHUB_TOKEN or api_key; not PUBLIC_KEY, TOKEN_FILE.
bool names_a_secret(std::string_view name);

}  // namespace slipway::lint
