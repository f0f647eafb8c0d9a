#include "lint/output.hpp"

#include <algorithm>
#include <string_view>

#include "base/json.hpp"
#include "base/sarif.hpp"

namespace slipway::lint {
namespace {

std::string dump(const Json& document) { return to_printable_text(document, 2) + '\n'; }

const char* word_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

Json line_range(int first, int last) {
  return {{"ranges", Json::array({{{"start", {{"line", first}}}, {"end", {{"line", last}}}}})}};
}

/// `line` as the source has it; 1-based.
std::string_view line_text(std::string_view text, int line) {
  for (; line > 1 && !text.empty(); --line) {
    const auto end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// SARIF counts characters where spans count bytes.
int character_column(std::string_view line, int column) {
  const auto before = line.substr(0, static_cast<std::size_t>(column - 1));
  const auto inside = std::ranges::count_if(
      before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
  return column - static_cast<int>(inside);
}

SarifFinding sarif_finding(const Finding& finding, const SourceText& source) {
  const auto& rule = *finding.rule;
  SarifFinding result{{rule.name, name_of(rule.group), rule.page.what, rule.page.why, rule.level},
                      finding.severity,
                      finding.message,
                      finding.hint,
                      source.path};
  if (finding.span.line > 0) {
    const auto line = line_text(source.text, finding.span.line);
    result.region = {finding.span.line, character_column(line, finding.span.column),
                     character_column(line, finding.span.column + finding.span.length)};
  }
  return result;
}

Json items_json(const std::vector<Outline::Item>& items) {
  auto list = Json::array();
  for (const auto& item : items) {
    Json entry = {{"name", item.name}};
    if (!item.description.empty()) entry["description"] = item.description;
    if (!item.value.empty()) entry["value"] = item.value;
    if (item.required) entry["required"] = true;
    entry["location"] = line_range(item.line, item.line);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

std::string to_text(const Findings& findings, const SourceText& source) {
  std::string text;
  Renderer renderer(source);
  for (const auto& finding : findings.all) text += renderer.render(to_diagnostic(finding));
  return text;
}

std::string to_json(const Findings& findings, const SourceText& source) {
  auto list = Json::array();
  for (const auto& finding : findings.all) {
    list.push_back({{"rule", finding.rule->name},
                    {"group", name_of(finding.rule->group)},
                    {"severity", word_of(finding.severity)},
                    {"file", source.path},
                    {"line", finding.span.line},
                    {"column", finding.span.column},
                    {"length", finding.span.length},
                    {"first_line", finding.first_line},
                    {"last_line", finding.last_line},
                    {"message", finding.message},
                    {"hint", finding.hint}});
  }
  return dump({{"findings", list}});
}

std::string to_sarif(const Findings& findings, const SourceText& source) {
  std::vector<SarifFinding> all;
  for (const auto& finding : findings.all) all.push_back(sarif_finding(finding, source));
  return slipway::to_sarif(all);
}

std::string check_json(const Findings& findings, const SourceText& source) {
  auto warnings = Json::array();
  for (const auto& finding : findings.all) {
    warnings.push_back({{"ruleName", finding.rule->name},
                        {"description", finding.rule->page.what},
                        {"detail", finding.message},
                        {"location", line_range(finding.first_line, finding.last_line)}});
  }
  return dump(
      {{"warnings", warnings},
       {"sources", Json::array({{{"filename", source.path}, {"language", "Dockerfile"}}})}});
}

std::string outline_json(const Outline& outline) {
  Json document = Json::object();
  if (!outline.name.empty()) document["name"] = outline.name;
  if (!outline.description.empty()) document["description"] = outline.description;
  document["args"] = items_json(outline.arguments);
  document["secrets"] = items_json(outline.secrets);
  document["ssh"] = items_json(outline.ssh);
  document["cache"] = items_json(outline.caches);
  return dump(document);
}

std::string targets_json(const dockerfile::Dockerfile& file) {
  auto targets = Json::array();
  for (const auto& stage : file.stages) {
    const auto& base = stage.base();
    Json target = Json::object();
    if (!base.name.empty()) target["name"] = base.name;
    if (stage.index + 1 == file.stages.size()) target["default"] = true;
    if (const auto text = description_of(stage.from, base.name); !text.empty())
      target["description"] = text;
    target["base"] = base.image.text;
    if (base.platform) target["platform"] = base.platform->text;
    target["location"] = line_range(stage.from.span.line, stage.from.last_line);
    targets.push_back(std::move(target));
  }
  return dump({{"targets", targets}});
}

}  // namespace slipway::lint
