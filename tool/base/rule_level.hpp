#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// How much a rule counts.
enum class RuleLevel { off, warning, error };

/// "off", "warn" and "error"; nullopt for other words.
std::optional<RuleLevel> parse_level(std::string_view word);

/// The rules that one option can name.
struct KnownRules {
  std::string option = {};  ///< "--rule", for messages
  /// The rule's own name for one of its names; nullopt: there is no such rule.
  std::function<std::optional<std::string>(std::string_view)> find = {};
  std::vector<std::string> all = {};
  std::string where_listed = {};  ///< "'slipway help lint' lists them"
};

struct NamedLevel {
  std::string name = {};
  RuleLevel level = RuleLevel::warning;
};

/// NAME=off|warn|error. Throws Errc::usage, with the nearest name for one that is
/// not known.
NamedLevel parse_rule_level(std::string_view text, const KnownRules& names);

}  // namespace slipway
