#include "lint/findings.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/credentials.hpp"

namespace slipway::lint {
namespace {

Finding finding_at(const Site& site, Span span, std::string message, std::string hint) {
  const auto& place = site.place();
  return {nullptr,         Severity::warning,  span,           place.span.line,
          place.last_line, std::move(message), std::move(hint)};
}

}  // namespace

bool Findings::has_errors() const {
  return std::ranges::any_of(
      all, [](const Finding& finding) { return finding.severity == Severity::error; });
}

Collector::Collector(const Options& options, CheckOptions check)
    : options_(options), check_(std::move(check)) {}

bool Collector::wants(Group group) const {
  return std::ranges::find(options_.groups, group) != options_.groups.end();
}

Level Collector::level_of(const Rule& rule) const {
  const auto given = options_.levels.find(rule.name);
  return given == options_.levels.end() ? rule.level : given->second;
}

void Collector::add(std::string_view rule, const Site& site, Span span, std::string message,
                    std::string hint) {
  // Spans in a trigger are of its text alone.
  if (site.onbuild != nullptr) span = site.onbuild->span;
  keep(*find_rule(rule), Pragmas::of(site.place().comments),
       finding_at(site, span, std::move(message), std::move(hint)));
}

void Collector::add(std::string_view rule, const Site& site, std::string message,
                    std::string hint) {
  add(rule, site, site.place().span, std::move(message), std::move(hint));
}

void Collector::add_whole_file(std::string_view rule, const Site& site, std::string message,
                               std::string hint) {
  keep(*find_rule(rule), {},
       finding_at(site, site.place().span, std::move(message), std::move(hint)));
}

void Collector::add_elsewhere(std::string_view rule, const Site& site, const Site& at,
                              std::string message, std::string hint) {
  keep(*find_rule(rule), Pragmas::of(site.place().comments),
       finding_at(at, at.place().span, std::move(message), std::move(hint)));
}

void Collector::add_noticed(const Diagnostic& diagnostic) {
  const auto* const rule = find_rule(diagnostic.rule);
  if (rule == nullptr) return;
  keep(*rule, {},
       {nullptr, Severity::warning, diagnostic.span, diagnostic.span.line, diagnostic.span.line,
        diagnostic.message, diagnostic.hint});
}

void Collector::keep(const Rule& rule, const Pragmas& pragmas, Finding finding) {
  const Level level = level_of(rule);
  if (level == Level::off || !wants(rule.group) || pragmas.ignored.contains(rule.name)) return;
  auto check = check_;
  check.merge(pragmas.check);
  // Asked for on the command line, an experimental rule runs.
  const bool asked = rule.experimental && options_.levels.contains(rule.name);
  if (!asked && !check.allows(rule)) return;
  finding.rule = &rule;
  finding.message = without_credentials(finding.message);
  finding.severity = level == Level::error ? Severity::error : Severity::warning;
  if (check_.fail && rule.group == Group::build) findings_.fail = true;
  findings_.all.push_back(std::move(finding));
}

Findings Collector::take() && {
  std::ranges::stable_sort(findings_.all, [](const Finding& a, const Finding& b) {
    return std::tuple(a.span.line, a.span.column) < std::tuple(b.span.line, b.span.column);
  });
  return std::move(findings_);
}

}  // namespace slipway::lint
