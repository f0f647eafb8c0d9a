#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// The fields of one line of comma separated values; a field in double quotes
/// may hold commas, and "" for a quote. nullopt where quotes are misplaced.
std::optional<std::vector<std::string>> csv_fields(std::string_view line);

}  // namespace slipway::dockerfile
