#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lint/rule.hpp"

namespace slipway::lint {

using RuleNames = std::set<std::string, std::less<>>;

/// What "# check=" and the build argument BUILDKIT_DOCKERFILE_CHECK say.
///
///   options = option { ";" option }
///   option  = "skip=" names | "experimental=" names | "error=" bool
///   names   = "all" | name { "," name }
struct CheckOptions {
  bool skip_all = false;
  bool experimental_all = false;
  bool fail = false;  ///< error=true: a finding fails the build
  RuleNames skip = {};
  RuleNames experimental = {};

  /// Throws Errc::input naming the option that is wrong.
  static CheckOptions parse(std::string_view text);

  /// What `other` says on top of this; its "error=" does not count.
  void merge(const CheckOptions& other);

  bool allows(const Rule& rule) const;
};

/// What the comments right above an instruction switch off for it alone:
/// "check=skip=A,B" for all rules, "hadolint ignore=A,B" for those by its names.
struct Pragmas {
  CheckOptions check = {};
  RuleNames ignored = {};
  bool has_ignore = false;

  static Pragmas of(const std::vector<std::string>& comments);
};

/// "NAME=off|warn|error" of the command line. Throws Errc::usage.
void read_rule_level(std::string_view text, std::map<std::string, Level, std::less<>>& levels);

}  // namespace slipway::lint
