#include <fmt/format.h>

#include "base/json.hpp"
#include "base/sarif.hpp"
#include "base/text.hpp"
#include "gate/gate.hpp"

namespace slipway::gate {
namespace {

const char* word_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

std::string sentence(const Finding& finding) {
  return fmt::format("{}'{}' {}", finding.is_target ? "target " : "", printable(finding.subject),
                     finding.message);
}

}  // namespace

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += fmt::format("slipway: {}: {} [{}]\n  hint: {}\n", word_of(finding.severity),
                        sentence(finding), finding.rule->name, finding.hint);
  }
  return text;
}

std::string to_json(const std::vector<Finding>& findings) {
  auto list = Json::array();
  for (const auto& finding : findings) {
    list.push_back({{"rule", finding.rule->name},
                    {"severity", word_of(finding.severity)},
                    {finding.is_target ? "target" : "file", finding.subject},
                    {"message", finding.message},
                    {"hint", finding.hint}});
  }
  return to_printable_text(Json{{"findings", list}}, 2) + '\n';
}

std::string to_sarif(const std::vector<Finding>& findings) {
  std::vector<SarifFinding> all;
  for (const auto& finding : findings) {
    const auto& rule = *finding.rule;
    all.push_back({{rule.name, {}, rule.page.what, rule.page.why, rule.level},
                   finding.severity,
                   sentence(finding),
                   finding.hint,
                   finding.is_target ? std::string() : finding.subject.substr(1)});
  }
  return slipway::to_sarif(all);
}

}  // namespace slipway::gate
