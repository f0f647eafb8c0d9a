#pragma once

#include <string_view>

namespace slipway::sbom {

/// The identifier as the SPDX License List spells it, whatever the case of its letters
/// (SPDX 2.3, annex D); empty: it is not on the list.
std::string_view spdx_licence(std::string_view id);

/// The same of what stands after WITH.
std::string_view spdx_exception(std::string_view id);

}  // namespace slipway::sbom
