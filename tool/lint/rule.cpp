#include "lint/rule.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/rule_table.hpp"

namespace slipway::lint {
namespace {

/// hadolint's names of what Docker's build checks find.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> aliases = {{
    {"DL3000", "WorkdirRelativePath"},
    {"DL3012", "MultipleInstructionsDisallowed"},
    {"DL3024", "DuplicateStageName"},
    {"DL3025", "JSONArgsRecommended"},
    {"DL3029", "FromPlatformFlagConstDisallowed"},
    {"DL3063", "ReservedStageName"},
    {"DL3064", "SecretsUsedInArgOrEnv"},
    {"DL3065", "RedundantTargetPlatform"},
    {"DL4000", "MaintainerDeprecated"},
    {"DL4003", "MultipleInstructionsDisallowed"},
    {"DL4004", "MultipleInstructionsDisallowed"},
}};

}  // namespace

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
    for (const auto* table : {&build_rules(), &slipway_rules(), &hadolint_rules(),
                              &hadolint_command_rules(), &hadolint_label_rules(), &cpp_rules()}) {
      joined.insert(joined.end(), table->begin(), table->end());
    }
    return joined;
  }();
  return all;
}

const Rule* find_rule(std::string_view name) {
  const auto* const alias =
      std::ranges::find(aliases, name, &std::pair<std::string_view, std::string_view>::first);
  if (alias != aliases.end()) name = alias->second;
  return find_by_name(rules(), name);
}

}  // namespace slipway::lint
