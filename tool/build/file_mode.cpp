#include "build/file_mode.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::uint32_t user_bits = 04700;
constexpr std::uint32_t group_bits = 02070;
constexpr std::uint32_t other_bits = 01007;

[[noreturn]] void refuse(std::string_view text) {
  throw Error(Errc::input,
              fmt::format("parse mode '{}': neither an octal number up to 7777 nor symbolic",
                          printable(text)))
      .with_hint("for example 0644 or u=rwX,go=rX");
}

std::uint32_t who_mask(std::string_view who) {
  std::uint32_t mask = 0;
  for (const char c : who) {
    if (c == 'u' || c == 'a') mask |= user_bits;
    if (c == 'g' || c == 'a') mask |= group_bits;
    if (c == 'o' || c == 'a') mask |= other_bits;
  }
  return who.empty() ? user_bits | group_bits | other_bits : mask;
}

/// One class's three bits spread to all classes.
std::uint32_t spread(std::uint32_t bits) { return bits << 6 | bits << 3 | bits; }

std::uint32_t permission_bits(char c, std::uint32_t mode, bool is_directory) {
  switch (c) {
    case 'r':
      return 0444;
    case 'w':
      return 0222;
    case 'x':
      return 0111;
    case 'X':
      return is_directory || (mode & 0111) != 0 ? 0111 : 0;
    case 's':
      return 06000;
    case 't':
      return 01000;
    case 'u':
      return spread(mode >> 6 & 7);
    case 'g':
      return spread(mode >> 3 & 7);
    default:
      return spread(mode & 7);  // 'o'
  }
}

}  // namespace

ModeChange ModeChange::parse(std::string_view text) {
  ModeChange change;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), change.mode_, 8);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) {
    if (change.mode_ > 07777) refuse(text);
    change.octal_ = true;
    return change;
  }
  for (const std::string_view clause : split(text, ',')) {
    auto rest = clause;
    const auto who_end = rest.find_first_not_of("ugoa");
    if (who_end == std::string_view::npos) refuse(text);
    const auto who = who_mask(rest.substr(0, who_end));
    rest.remove_prefix(who_end);
    while (!rest.empty()) {
      const char operation = rest.front();
      if (operation != '+' && operation != '-' && operation != '=') refuse(text);
      rest.remove_prefix(1);
      const auto permissions = rest.substr(0, rest.find_first_of("+-="));
      if (permissions.find_first_not_of("rwxXstugo") != std::string_view::npos) refuse(text);
      rest.remove_prefix(permissions.size());
      change.clauses_.push_back({who, operation, std::string(permissions)});
    }
  }
  return change;
}

std::uint32_t ModeChange::apply(std::uint32_t mode, bool is_directory) const {
  if (octal_) return mode_;
  for (const auto& clause : clauses_) {
    std::uint32_t bits = 0;
    for (const char c : clause.permissions) bits |= permission_bits(c, mode, is_directory);
    bits &= clause.who;
    if (clause.operation == '+') mode |= bits;
    if (clause.operation == '-') mode &= ~bits;
    if (clause.operation == '=') mode = (mode & ~(clause.who & 0777)) | bits;
  }
  return mode;
}

}  // namespace slipway
