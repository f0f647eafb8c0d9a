#include "cli/rule_pages.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
#include "base/rule_table.hpp"
#include "base/text.hpp"
#include "gate/rule.hpp"
#include "lint/rule.hpp"

namespace slipway::cli {
namespace {

std::string_view word_of(RuleLevel level) {
  if (level == RuleLevel::off) return "off by default";
  return level == RuleLevel::error ? "error" : "warning";
}

std::string_view word_of(const lint::Rule& rule) {
  return rule.experimental ? "experimental" : word_of(rule.level);
}

std::string_view word_of(const gate::Rule& rule) { return word_of(rule.level); }

std::string page_of(const lint::Rule& rule) {
  auto text = fmt::format("{} ({}, {})\n\n{}\n{}", rule.name, name_of(rule.group), word_of(rule),
                          wrapped(rule.page.what), wrapped(rule.page.why));
  if (!rule.page.ignore_file.empty())
    text += fmt::format("\n.dockerignore:\n{}", indented(rule.page.ignore_file));
  text += fmt::format("\nBad:\n{}\nGood:\n{}", indented(rule.page.bad), indented(rule.page.good));
  return text +
         fmt::format(
             "\nTo switch it off: --rule {0}=off, or above the instruction\n    # check=skip={0}\n",
             rule.name);
}

std::string page_of(const gate::Rule& rule) {
  return fmt::format(
      "{} ({})\n\n{}\n{}\nFound by:\n{}\nWhat to do:\n{}\nTo switch it off: --rule {}=off, or in "
      "CMake GATE {}=off\n",
      rule.name, word_of(rule), wrapped(rule.page.what), wrapped(rule.page.why),
      indented(wrapped(rule.page.evidence)), indented(wrapped(rule.page.remedy)), rule.name,
      rule.name);
}

template <typename Rule>
std::string help_of_rules(std::string_view command, const std::vector<Rule>& rules,
                          const Rule* found, const std::string& name) {
  if (found != nullptr) return page_of(*found);
  if (!name.empty()) {
    const auto nearest = did_you_mean(name, names_of(rules));
    throw Error(Errc::usage, fmt::format("unknown rule '{}'", printable(name)))
        .with_hint(nearest.empty() ? fmt::format("'slipway help {}' lists them", command)
                                   : nearest);
  }
  std::string text = "\nRules:\n";
  for (const auto& rule : rules)
    text += fmt::format("  {:<32} {} ({})\n", rule.name, rule.page.what, word_of(rule));
  return text + fmt::format("\n'slipway help {} RULE' tells more.\n", command);
}

}  // namespace

std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 80;
  std::string result;
  std::size_t column = 0;
  for (const auto& word : split(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > width) {
      result += '\n';
      column = 0;
    }
    if (column > 0) result += ' ', ++column;
    result += word;
    column += word.size();
  }
  return result + '\n';
}

std::string indented(std::string_view text) {
  std::string result;
  for (const auto& line : split(text.substr(0, text.find_last_not_of('\n') + 1), '\n')) {
    result += line.empty() ? "\n" : "    " + line + '\n';
  }
  return result;
}

std::string lint_help(const std::string& rule) {
  return help_of_rules("lint", lint::rules(), lint::find_rule(rule), rule);
}

std::string gate_help(const std::string& rule) {
  return help_of_rules("gate", gate::rules(), gate::find_rule(rule), rule);
}

}  // namespace slipway::cli
