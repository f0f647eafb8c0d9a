#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/rule_level.hpp"

namespace slipway::gate {

using Level = RuleLevel;

/// What `slipway help gate <rule>` says.
struct Page {
  std::string_view what = {};
  std::string_view why = {};
  std::string_view evidence = {};  ///< what a finding rests on, and what it passes over
  std::string_view remedy = {};
};

struct Rule {
  std::string_view name = {};
  Level level = Level::warning;  ///< unless the user says otherwise
  Page page = {};
};

const std::vector<Rule>& rules();

/// nullptr where there is none of that name.
const Rule* find_rule(std::string_view name);

/// Levels that differ from the rules' own.
using Levels = std::map<std::string, Level, std::less<>>;

/// "NAME=off|warn|error" on top of `levels`. NAME is a rule's, or "all"; "default" alone
/// changes nothing. Throws Errc::usage, with `option` in front.
void read_level(std::string_view text, std::string_view option, Levels& levels);

}  // namespace slipway::gate
