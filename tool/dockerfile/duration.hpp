#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway::dockerfile {

/// Nanoseconds of a duration as Go writes it: "300ms", "-1.5h", "2h45m", "0";
/// nullopt for any other text and for more than int64 holds.
std::optional<std::int64_t> parse_go_duration(std::string_view text);

}  // namespace slipway::dockerfile
