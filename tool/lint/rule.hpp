#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/rule_level.hpp"

namespace slipway::lint {

/// Whose rule it is; decides where its findings are shown.
enum class Group {
  build,     ///< Docker's build checks, shown by every build too
  slipway,   ///< what the reader of the file noticed
  hadolint,  ///< hadolint's rules, under its names
  cpp,       ///< what goes wrong with C++ in images
};

using Level = RuleLevel;

/// What `slipway help lint <rule>` says. Both examples are whole Dockerfiles: the
/// bad one gives the finding, the good one does not (a test holds them to it).
struct Page {
  std::string_view what = {};
  std::string_view why = {};
  std::string_view bad = {};
  std::string_view good = {};
  std::string_view ignore_file = {};  ///< the context's .dockerignore, where it matters
};

struct Rule {
  std::string_view name = {};
  Group group = Group::build;
  Level level = Level::warning;  ///< unless the user says otherwise
  bool experimental = false;     ///< only with "check=experimental="
  Page page = {};
};

std::string_view name_of(Group group);

/// All rules, a group behind the other.
const std::vector<Rule>& rules();

/// nullptr where there is none of that name; case counts, as in check=skip=. What
/// hadolint and Docker both find is one rule: DL4000 is MaintainerDeprecated.
const Rule* find_rule(std::string_view name);

// One table a group, each beside the pages it holds.
const std::vector<Rule>& build_rules();
const std::vector<Rule>& slipway_rules();
const std::vector<Rule>& hadolint_rules();
const std::vector<Rule>& hadolint_command_rules();
const std::vector<Rule>& hadolint_label_rules();
const std::vector<Rule>& cpp_rules();

}  // namespace slipway::lint
