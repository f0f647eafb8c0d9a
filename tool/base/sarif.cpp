#include "base/sarif.hpp"

#include <set>

#include "base/json.hpp"

namespace slipway {
namespace {

const char* word_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

Json sarif_rule(const SarifRule& rule) {
  Json result = {
      {"id", rule.id},
      {"shortDescription", {{"text", rule.what}}},
      {"fullDescription", {{"text", rule.why}}},
      {"defaultConfiguration", {{"level", rule.level == RuleLevel::error ? "error" : "warning"}}}};
  if (!rule.group.empty()) result["properties"] = {{"group", rule.group}};
  return result;
}

Json sarif_result(const SarifFinding& finding) {
  auto message = finding.message;
  if (!finding.hint.empty()) message += "\n" + finding.hint;
  Json result = {{"ruleId", finding.rule.id},
                 {"level", word_of(finding.severity)},
                 {"message", {{"text", message}}}};
  if (finding.uri.empty()) return result;
  Json location = {{"artifactLocation", {{"uri", finding.uri}}}};
  if (finding.region) {
    location["region"] = {{"startLine", finding.region->line},
                          {"startColumn", finding.region->column},
                          {"endColumn", finding.region->end_column}};
  }
  result["locations"] = Json::array({{{"physicalLocation", location}}});
  return result;
}

}  // namespace

std::string to_sarif(const std::vector<SarifFinding>& findings) {
  auto rules = Json::array();
  auto results = Json::array();
  std::set<std::string_view> described;
  for (const auto& finding : findings) {
    if (described.insert(finding.rule.id).second) rules.push_back(sarif_rule(finding.rule));
    results.push_back(sarif_result(finding));
  }
  const Json driver = {{"name", "slipway"}, {"version", SLIPWAY_VERSION}, {"rules", rules}};
  const Json run = {
      {"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", results}};
  const Json log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                    {"version", "2.1.0"},
                    {"runs", Json::array({run})}};
  return to_printable_text(log, 2) + '\n';
}

}  // namespace slipway
