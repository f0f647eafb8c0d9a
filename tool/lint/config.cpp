#include "lint/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.hpp"
#include "base/rule_table.hpp"
#include "base/text.hpp"

namespace slipway::lint {
namespace {

/// BuildKit splits at the first two semicolons only.
constexpr std::size_t most_options = 3;

RuleNames read_names(std::string_view text) {
  RuleNames names;
  for (const auto& part : split(text, ',')) {
    const auto* const rule = find_rule(trim(part));
    names.emplace(rule == nullptr ? trim(part) : rule->name);
  }
  return names;
}

/// Go's strconv.ParseBool.
std::optional<bool> read_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> yes = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> no = {"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(yes, text) != yes.end()) return true;
  if (std::ranges::find(no, text) != no.end()) return false;
  return std::nullopt;
}

void read_option(std::string_view option, CheckOptions& options) {
  const auto equals = option.find('=');
  const auto key = trim(option.substr(0, equals));
  if (equals == std::string_view::npos ||
      (key != "skip" && key != "experimental" && key != "error")) {
    throw Error(Errc::input, fmt::format("invalid check option '{}'", printable(key)))
        .with_hint("it is skip=<rules>, experimental=<rules> or error=true");
  }
  const auto value = trim(option.substr(equals + 1));
  if (key == "error") {
    const auto fail = read_bool(value);
    if (!fail)
      throw Error(Errc::input,
                  fmt::format("check option 'error' is true or false, not '{}'", printable(value)));
    options.fail = *fail;
  } else if (key == "skip") {
    options.skip_all = value == "all";
    if (!options.skip_all) options.skip = read_names(value);
  } else {
    options.experimental_all = value == "all";
    if (!options.experimental_all) options.experimental = read_names(value);
  }
}

/// The value of "name = value" in a comment; nullopt for other comments.
std::optional<std::string_view> value_of(std::string_view comment, std::string_view name) {
  const auto equals = comment.find('=');
  if (equals == std::string_view::npos || to_lower(trim(comment.substr(0, equals))) != name)
    return std::nullopt;
  const auto value = trim(comment.substr(equals + 1));
  return value.empty() ? std::nullopt : std::optional(value);
}

std::optional<CheckOptions> check_of(const std::vector<std::string>& comments) {
  for (const auto& comment : comments) {
    const auto value = value_of(comment, "check");
    if (!value) continue;
    try {
      return CheckOptions::parse(value->substr(0, value->find(' ')));
    } catch (const Error&) {
      return std::nullopt;  // a comment in prose; BuildKit passes over it too
    }
  }
  return std::nullopt;
}

}  // namespace

CheckOptions CheckOptions::parse(std::string_view text) {
  CheckOptions options;
  auto rest = trim(text);
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = number < most_options ? rest.find(';') : std::string_view::npos;
    read_option(rest.substr(0, end), options);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return options;
}

void CheckOptions::merge(const CheckOptions& other) {
  skip_all = skip_all || other.skip_all;
  experimental_all = experimental_all || other.experimental_all;
  skip.insert(other.skip.begin(), other.skip.end());
  experimental.insert(other.experimental.begin(), other.experimental.end());
}

bool CheckOptions::allows(const Rule& rule) const {
  if (rule.experimental) return experimental_all || experimental.contains(rule.name);
  return !skip_all && !skip.contains(rule.name);
}

Pragmas Pragmas::of(const std::vector<std::string>& comments) {
  Pragmas pragmas;
  if (auto check = check_of(comments)) pragmas.check = std::move(*check);
  for (const auto& comment : comments) {
    const auto value = value_of(comment, "hadolint ignore");
    if (!value) continue;
    pragmas.has_ignore = true;
    pragmas.ignored.merge(read_names(value->substr(0, value->find(' '))));
  }
  return pragmas;
}

void read_rule_level(std::string_view text, std::map<std::string, Level, std::less<>>& levels) {
  const auto find = [](std::string_view name) {
    const auto* const rule = find_rule(name);
    return rule == nullptr ? std::nullopt : std::optional(std::string(rule->name));
  };
  const auto given =
      parse_rule_level(text, {"--rule", find, names_of(rules()), "'slipway help lint' lists them"});
  levels[given.name] = given.level;
}

}  // namespace slipway::lint
