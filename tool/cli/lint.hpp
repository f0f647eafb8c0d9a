#pragma once

#include <string>

#include "base/diagnostics.hpp"
#include "cli/plan_flags.hpp"
#include "dockerfile/ast.hpp"
#include "lint/lint.hpp"

namespace slipway::cli {

/// The options of a look at one Dockerfile: the build arguments, platform,
/// target and the context's ignore file.
lint::Options lint_options(const std::string& dockerfile, const PlanOptions& plan);

/// Print what Docker's build checks say of a file that is being built, unless
/// warnings are hidden. Throws rendered diagnostics where "check=error=true"
/// makes a finding fail the build.
void warn_of_findings(const dockerfile::Dockerfile& file, const Diagnostics& reading,
                      const PlanOptions& plan, Warnings warnings);

}  // namespace slipway::cli
