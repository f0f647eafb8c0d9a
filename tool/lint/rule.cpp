#include "lint/rule.hpp"

#include <algorithm>

namespace slipway::lint {

std::string_view name_of(Group group) {
  switch (group) {
    case Group::build:
      return "build check";
    case Group::slipway:
      return "slipway";
    case Group::hadolint:
      return "hadolint";
    case Group::cpp:
      return "C++";
  }
  return {};
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> joined;
    for (const auto* table : {&build_rules(), &slipway_rules(), &hadolint_rules(), &hadolint_command_rules(),
                              &hadolint_label_rules(), &cpp_rules()}) {
      joined.insert(joined.end(), table->begin(), table->end());
    }
    return joined;
  }();
  return all;
}

const Rule* find_rule(std::string_view name) {
  const auto found = std::ranges::find(rules(), name, &Rule::name);
  return found == rules().end() ? nullptr : &*found;
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const auto& rule : rules()) names.emplace_back(rule.name);
  return names;
}

}  // namespace slipway::lint
