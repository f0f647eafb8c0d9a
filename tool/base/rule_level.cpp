#include "base/rule_level.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {

std::optional<RuleLevel> parse_level(std::string_view word) {
  if (word == "off") return RuleLevel::off;
  if (word == "warn") return RuleLevel::warning;
  if (word == "error") return RuleLevel::error;
  return std::nullopt;
}

NamedLevel parse_rule_level(std::string_view text, const KnownRules& names) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  auto found = names.find(name);
  if (!found) {
    const auto hint = did_you_mean(name, names.all);
    throw Error(Errc::usage, fmt::format("{}: unknown rule '{}'", names.option, printable(name)))
        .with_hint(hint.empty() ? names.where_listed : hint);
  }
  const auto level =
      equals == std::string_view::npos ? std::nullopt : parse_level(text.substr(equals + 1));
  if (!level) {
    throw Error(Errc::usage, fmt::format("{} '{}' is not of the form NAME=off|warn|error",
                                         names.option, printable(text)));
  }
  return {std::move(*found), *level};
}

}  // namespace slipway
