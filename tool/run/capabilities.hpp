#pragma once

#include <cstdint>

namespace slipway {

/// Docker's default capabilities, a bit each.
std::uint64_t default_capabilities() noexcept;

/// Take all capabilities but Docker's default ones out of the bounding set, so
/// that no program can gain them. False with errno set when the kernel refuses.
bool limit_bounding_set() noexcept;

/// Keep Docker's default capabilities (`as_root`), or none. Nothing is
/// inheritable or ambient. False with errno set when the kernel refuses.
bool keep_capabilities(bool as_root) noexcept;

}  // namespace slipway
