#include "plan/go_format.hpp"

#include <fmt/format.h>

namespace slipway {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::string_view escape_of(char c) {
  switch (c) {
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\v':
      return "\\v";
    case '\\':
      return "\\\\";
    case '"':
      return "\\\"";
    default:
      return {};
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

}  // namespace slipway
