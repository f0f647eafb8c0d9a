#include "base/size.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/text.hpp"

namespace slipway {

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + digits, value);
  if (digits == 0 || read.ec != std::errc() || read.ptr != text.data() + digits)
    return std::nullopt;
  auto unit = to_lower(trim(text.substr(digits)));
  if (unit.ends_with("ib")) {
    unit.resize(unit.size() - 2);
  } else if (unit.ends_with('b')) {
    unit.pop_back();
  }
  constexpr std::string_view prefixes = "kmgtp";
  const auto power = unit.empty() ? 0 : prefixes.find(unit) + 1;
  if (unit.size() > 1 || (power == 0 && !unit.empty())) return std::nullopt;
  for (std::size_t i = 0; i < power; ++i) value *= 1024;
  if (value >= 9e18) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace slipway
