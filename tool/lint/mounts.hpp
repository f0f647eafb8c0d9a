#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "dockerfile/ast.hpp"

namespace slipway::lint {

/// The value of the first field with one of these names, as written; empty where
/// there is none.
inline std::string mount_field(const dockerfile::Mount& mount,
                               std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : mount.fields) {
    if (std::ranges::find(names, name) != names.end()) return value;
  }
  return {};
}

inline std::string mount_type(const dockerfile::Mount& mount) {
  return mount_field(mount, {"type"});
}

inline std::string mount_target(const dockerfile::Mount& mount) {
  return mount_field(mount, {"target", "dst", "destination"});
}

}  // namespace slipway::lint
