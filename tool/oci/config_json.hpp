#pragma once

#include <set>
#include <string>

#include "base/json.hpp"
#include "oci/image.hpp"

namespace slipway {

/// Parts of an image configuration as its document has them (image-spec config.md), for
/// others that show them.

/// Numbers that are 0 are left out.
Json healthcheck_json(const Healthcheck& check);

/// An object with an empty object under each key: ports, volumes.
Json empty_objects(const std::set<std::string>& keys);

}  // namespace slipway
