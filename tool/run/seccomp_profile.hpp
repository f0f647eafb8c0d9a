#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace slipway {

/// System calls by name, parted by spaces, that a container may use when it has
/// the capability; `always`, when it has any or none.
struct AllowedCalls {
  static constexpr int always = -1;
  int capability = always;
  std::string_view names = {};
};

/// Docker's default profile, but for calls that depend on their arguments.
std::span<const AllowedCalls> allowed_calls();

}  // namespace slipway
