#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// The rule of that name in a table; nullptr where there is none.
template <typename Rule>
const Rule* find_by_name(const std::vector<Rule>& rules, std::string_view name) {
  const auto found = std::ranges::find(rules, name, &Rule::name);
  return found == rules.end() ? nullptr : &*found;
}

/// For messages, in the table's order.
template <typename Rule>
std::vector<std::string> names_of(const std::vector<Rule>& rules) {
  std::vector<std::string> names;
  for (const auto& rule : rules) names.emplace_back(rule.name);
  return names;
}

}  // namespace slipway
