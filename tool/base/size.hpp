#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway {

/// A size as Docker's flags take it, in bytes: 512, 64m, 1.5GiB. Units are powers
/// of 1024, "i" and "b" mean nothing. nullopt where it is none, or too large.
std::optional<std::int64_t> parse_size(std::string_view text);

}  // namespace slipway
