#include "lint/lint.hpp"

#include <utility>

#include "base/error.hpp"
#include "dockerfile/lexer.hpp"
#include "lint/findings.hpp"
#include "lint/model.hpp"

namespace slipway::lint {
namespace {

constexpr auto check_argument = "BUILDKIT_DOCKERFILE_CHECK";

/// The build argument's options if it is given, else the directive's.
CheckOptions read_check_options(const Diagnostics& reading, const Options& options) {
  const auto given = options.build_args.find(check_argument);
  if (given != options.build_args.end()) {
    return with_context([] { return std::string("read build argument ") + check_argument; },
                        [&] { return CheckOptions::parse(given->second); });
  }
  for (const auto& directive : dockerfile::read_directives(reading.source().text)) {
    if (directive.name != "check") continue;
    try {
      return CheckOptions::parse(directive.value);
    } catch (const Error& error) {
      Diagnostics diagnostics(reading.source());
      diagnostics.error(directive.span, error.what(), error.hint());
      diagnostics.stop_if_errors();
    }
  }
  return {};
}

std::vector<Check> checks_of(Group group) {
  switch (group) {
    case Group::build:
      return build_checks();
    case Group::slipway:
      return practice_checks();
    case Group::hadolint:
      return hadolint_checks();
    case Group::cpp:
      return cpp_checks();
  }
  return {};
}

}  // namespace

Findings lint(const dockerfile::Dockerfile& file, const Diagnostics& reading,
              const Options& options) {
  Collector collector(options, read_check_options(reading, options));
  for (const auto& diagnostic : reading.all()) collector.add_noticed(diagnostic);
  const Model model = make_model(file, options);
  for (const Group group : options.groups) {
    for (const Check check : checks_of(group)) check(model, collector);
  }
  return std::move(collector).take();
}

Diagnostic to_diagnostic(const Finding& finding) {
  return {finding.severity, finding.span, finding.message, std::string(finding.rule->name),
          finding.hint};
}

}  // namespace slipway::lint
