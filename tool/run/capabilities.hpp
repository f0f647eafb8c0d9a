#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Docker's default capabilities, a bit each.
std::uint64_t default_capabilities() noexcept;

/// All that the kernel of this build's headers has.
std::uint64_t every_capability() noexcept;

/// Those of the bounding set of this process, which no program can have more than.
std::uint64_t held_capabilities() noexcept;

/// "CAP_NET_ADMIN" and so on, by number.
std::vector<std::string> capability_names_of(std::uint64_t capabilities);

/// The bit of "NET_ADMIN" or "CAP_NET_ADMIN", in any case; of "ALL" every one.
std::optional<std::uint64_t> find_capability(std::string_view name);

/// Take all capabilities but `kept` out of the bounding set, so that no program can
/// gain them. False with errno set when the kernel refuses.
bool limit_bounding_set(std::uint64_t kept) noexcept;

/// Keep of what we have those in `kept`. Nothing is inheritable or ambient. False
/// with errno set when the kernel refuses.
bool keep_capabilities(std::uint64_t kept) noexcept;

}  // namespace slipway
