// lint/: Docker's build checks on BuildKit's own cases and on the samples of its
// documentation; and real/, where linting must find its way through everything.
#include "lint/lint.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "corpus/corpus.hpp"
#include "dockerfile/parser.hpp"

namespace slipway::corpus {
namespace {

namespace fs = std::filesystem;

struct Linted {
  lint::Findings findings = {};
  bool parsed = true;
};

Linted lint_text(const std::string& text, const lint::Options& options) {
  Diagnostics diagnostics({"Dockerfile", text});
  const auto file = dockerfile::parse_dockerfile(diagnostics.source(), diagnostics);
  return {lint::lint(file, diagnostics, options), !diagnostics.has_errors()};
}

lint::Options options_of(const Json& test) {
  constexpr std::string_view prefix = "build-arg:";
  lint::Options options;
  options.groups = {lint::Group::build};
  if (test.contains("dockerignore")) options.ignore_file = test.at("dockerignore");
  const Json attributes = test.value("frontend_attrs", Json::object());
  for (const auto& [key, value] : attributes.items()) {
    if (key.starts_with(prefix)) options.build_args[key.substr(prefix.size())] = value;
    if (key == "target") options.target = value;
  }
  return options;
}

Json to_json(const lint::Findings& findings) {
  std::vector<Json> lines;
  for (const auto& finding : findings.all) {
    lines.push_back({{"line", finding.first_line},
                     {"rule", finding.rule->name},
                     {"detail", finding.message},
                     {"level", 1}});
  }
  std::ranges::sort(lines);
  return lines;
}

Json sorted(const Json& expected) {
  std::vector<Json> lines = expected;
  std::ranges::sort(lines);
  return lines;
}

Verdict check_case(const Json& test) {
  auto options = options_of(test);
  const auto& checked =
      test.contains("warnings_check_mode") ? test.at("warnings_check_mode") : test.at("warnings");
  const auto found = lint_text(test.at("dockerfile"), options).findings;
  if (auto verdict = expect_equal(to_json(found), sorted(checked));
      verdict.kind != Verdict::Kind::passed)
    return verdict;
  const bool must_fail = test.value("build_error", "").starts_with("lint violation");
  if (found.fail != must_fail)
    return failed(must_fail ? "error=true was passed over" : "fails without error=true");
  options.all_stages = false;
  return expect_equal(to_json(lint_text(test.at("dockerfile"), options).findings),
                      sorted(test.at("warnings")));
}

/// The samples are fragments: what lacks a FROM gets one.
Verdict check_sample(const Json& test) {
  auto options = options_of(test);
  const std::string rule = test.at("rule");
  // The documentation speaks of this file in prose, with a pattern that does not
  // match its own example.
  if (rule == "CopyIgnoredFile") options.ignore_file = "tmp\n";
  const std::string text = test.at("dockerfile");
  auto linted = lint_text(text, options);
  if (!linted.parsed) linted = lint_text("FROM scratch\n" + text, options);
  const bool found = std::ranges::any_of(
      linted.findings.all, [&](const auto& finding) { return finding.rule->name == rule; });
  const bool expected = test.at("expect") == "warn";
  if (found == expected) return passed();
  return failed(expected ? "no " + rule : "an unexpected " + rule);
}

void run_real(Score& score) {
  for (const auto& entry : fs::directory_iterator(score.root() / "real")) {
    if (!entry.is_regular_file() || entry.path().extension() == ".json") continue;
    try {
      const auto linted = lint_text(read_text(entry.path()), {});
      const bool has_error = linted.findings.has_errors();
      score.add("lint/real", entry.path().filename(),
                has_error ? failed(to_json(linted.findings).dump()) : passed());
    } catch (const Error& error) {
      score.add("lint/real", entry.path().filename(), failed(error.what()));
    }
  }
}

}  // namespace

void run_lint(Score& score) {
  score.run_file("lint/cases.json", check_case);
  score.run_file("lint/doc-samples.json", check_sample);
  run_real(score);
}

}  // namespace slipway::corpus
