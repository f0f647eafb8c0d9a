#include "lint/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>

namespace slipway::lint {
namespace {

/// Distances from here on are no suggestion.
constexpr std::size_t too_far = 3;

/// Names beyond this are no typing mistakes, and comparing costs their square.
constexpr std::size_t longest_name = 256;

/// So many options are looked at: a file with thousands of variables shall not
/// take the square of their number.
constexpr std::size_t compared_options = 256;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

bool may_be_near(std::string_view a, std::string_view b) {
  return std::max(a.size(), b.size()) - std::min(a.size(), b.size()) < too_far;
}

}  // namespace

std::string suggest(std::string_view word, const std::vector<std::string>& options) {
  if (word.size() > longest_name) return {};
  std::string nearest;
  std::size_t distance = too_far;
  for (const auto& option : std::span(options).first(std::min(options.size(), compared_options))) {
    if (option == word) return {};
    if (!may_be_near(word, option)) continue;
    const std::size_t found = edit_distance(word, option);
    if (found >= distance) continue;
    distance = found;
    nearest = option;
  }
  return nearest;
}

std::string go_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\x{:02x}", c);
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace slipway::lint
