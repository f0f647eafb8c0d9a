#include "dockerfile/duration.hpp"

#include <array>

namespace slipway::dockerfile {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// "ms" stands before "m", so that the longer name is found first.
constexpr std::array units = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\u00B5s", 1'000},
    Unit{"\u03BCs", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

std::string_view take_digits(std::string_view& text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  text.remove_prefix(digits.size());
  return digits;
}

std::optional<std::int64_t> take_unit(std::string_view& text) {
  for (const auto& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanoseconds;
  }
  return std::nullopt;
}

/// digits * unit + 0.fraction * unit, or nullopt where int64 is too small.
std::optional<std::int64_t> scale(std::string_view digits, std::string_view fraction,
                                  std::int64_t unit) {
  std::int64_t value = 0;
  for (const char digit : digits) {
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, digit - '0', &value)) return std::nullopt;
  }
  if (__builtin_mul_overflow(value, unit, &value)) return std::nullopt;
  double part = 0;
  double weight = static_cast<double>(unit) / 10;
  for (const char digit : fraction.substr(0, 18)) {
    part += weight * (digit - '0');
    weight /= 10;
  }
  if (__builtin_add_overflow(value, static_cast<std::int64_t>(part), &value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_go_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const std::string_view digits = take_digits(text);
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = take_digits(text);
    }
    if (digits.empty() && fraction.empty()) return std::nullopt;
    const auto unit = take_unit(text);
    if (!unit) return std::nullopt;
    const auto part = scale(digits, fraction, *unit);
    if (!part || __builtin_add_overflow(total, *part, &total)) return std::nullopt;
  }
  return negative ? -total : total;
}

}  // namespace slipway::dockerfile
