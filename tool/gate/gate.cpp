#include "gate/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gate/findings.hpp"

namespace slipway::gate {

Level Collector::level_of(std::string_view rule) const {
  const auto given = levels_.find(rule);
  return given == levels_.end() ? find_rule(rule)->level : given->second;
}

void Collector::keep(std::string_view rule, Finding finding) {
  const auto level = level_of(rule);
  if (level == Level::off) return;
  finding.rule = find_rule(rule);
  finding.severity = level == Level::error ? Severity::error : Severity::warning;
  findings_.push_back(std::move(finding));
}

void Collector::add(std::string_view rule, const std::string& path, std::string message,
                    std::string hint) {
  keep(rule, {nullptr, Severity::warning, fmt::format("/{}", path), false, std::move(message),
              std::move(hint)});
}

void Collector::add_target(std::string_view rule, const std::string& target, std::string message,
                           std::string hint) {
  keep(rule, {nullptr, Severity::warning, target, true, std::move(message), std::move(hint)});
}

std::vector<Finding> Collector::take() && {
  std::ranges::stable_sort(findings_, {}, &Finding::rule);  // rules of one table, in its order
  return std::move(findings_);
}

std::vector<Finding> check(const Subject& subject, const Levels& levels, elf::Files& files) {
  Collector collector(levels);
  check_flags(subject, collector);
  check_elf_files(subject, files, collector);
  check_paths(subject, collector);
  return std::move(collector).take();
}

bool has_errors(const std::vector<Finding>& findings) {
  return std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.severity == Severity::error; });
}

}  // namespace slipway::gate
