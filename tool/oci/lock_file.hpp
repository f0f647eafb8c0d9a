#pragma once

#include <map>
#include <string>
#include <string_view>

#include "oci/image.hpp"

namespace slipway {

/// What a reference is to mean.
struct LockedReference {
  Descriptor entry = {};                         ///< a manifest, or an index
  std::map<std::string, Digest> platforms = {};  ///< of an index: the manifests, by platform
  bool operator==(const LockedReference&) const = default;
};

/// container.lock: by reference in full form, "docker.io/library/debian:12".
using LockFile = std::map<std::string, LockedReference>;

/// Throws Errc::input: "lock file: ...".
LockFile parse_lock_file(std::string_view json);

/// One line a fact, in a fixed order, for reviews and merges.
std::string to_json(const LockFile& lock);

}  // namespace slipway
