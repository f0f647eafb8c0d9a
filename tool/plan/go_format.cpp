#include "plan/go_format.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace slipway {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::string_view escape_of(char c) {
  switch (c) {
    case '\a': return "\\a";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\v': return "\\v";
    case '\\': return "\\\\";
    case '"': return "\\\"";
    default: return {};
  }
}

template <typename Each>
std::string bracketed(std::span<const std::string> texts, Each&& each) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ' ';
    out += each(text);
  }
  return out + "]";
}

/// A fraction of a unit without trailing zeros: 1500 of 1000 -> "1.5".
std::string fraction(std::int64_t value, std::int64_t unit) {
  auto out = fmt::format("{}", value / unit);
  if (value % unit == 0) return out;
  auto digits = fmt::format("{:0{}}", value % unit, fmt::formatted_size("{}", unit) - 1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return out + '.' + digits;
}

std::optional<std::int64_t> unit_of(std::string_view name) {
  constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ns", 1},      {"us", 1000},        {"\xc2\xb5s", 1000},  {"\xce\xbcs", 1000},
      {"ms", 1'000'000}, {"s", second}, {"m", 60 * second}, {"h", 3600 * second}};
  for (const auto& [unit, value] : units) {
    if (unit == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const auto escape = escape_of(c); !escape.empty()) {
      out += escape;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string go_quote_list(std::span<const std::string> texts) { return bracketed(texts, go_quote); }

std::string go_list(std::span<const std::string> texts) {
  return bracketed(texts, [](const std::string& text) { return text; });
}

std::string go_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  if (nanoseconds < 0) return "-" + go_duration(-nanoseconds);
  if (nanoseconds < 1000) return fmt::format("{}ns", nanoseconds);
  if (nanoseconds < 1'000'000) return fraction(nanoseconds, 1000) + "\xc2\xb5s";
  if (nanoseconds < second) return fraction(nanoseconds, 1'000'000) + "ms";
  const auto hours = nanoseconds / (3600 * second);
  const auto minutes = nanoseconds / (60 * second) % 60;
  auto out = fraction(nanoseconds % (60 * second), second) + "s";
  if (hours > 0 || minutes > 0) out.insert(0, fmt::format("{}m", minutes));
  if (hours > 0) out.insert(0, fmt::format("{}h", hours));
  return out;
}

std::optional<std::int64_t> parse_go_duration(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  long double total = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto number = text.substr(0, end);
    if (number.empty() || number == "." || number.find('.') != number.rfind('.')) return std::nullopt;
    text.remove_prefix(end);
    const auto unit_end = std::min(text.find_first_of("0123456789."), text.size());
    const auto unit = unit_of(text.substr(0, unit_end));
    if (!unit) return std::nullopt;
    text.remove_prefix(unit_end);
    total += std::stold(std::string(number)) * static_cast<long double>(*unit);
  }
  if (total > 9.2e18L) return std::nullopt;
  const auto result = static_cast<std::int64_t>(std::llroundl(total));
  return negative ? -result : result;
}

}  // namespace slipway
