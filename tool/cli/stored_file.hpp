#pragma once

#include <string>
#include <string_view>

#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway::cli {

/// Bring "sbom.json:application/spdx+json" into the store, its name as its title. What
/// follows the colon is a media type if it has a slash in it and the whole is no file.
Descriptor store_named_file(const std::string& text, const Store& store);

/// The same of a text at hand.
Descriptor store_text(std::string_view text, const std::string& title,
                      const std::string& media_type, const Store& store);

}  // namespace slipway::cli
