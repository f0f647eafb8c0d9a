#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "build/scheduler.hpp"

namespace slipway::cli {

/// The words of --progress.
extern const std::vector<std::string> progress_modes;

/// How the steps of one of several plans are told from the others'.
struct PlanTitles {
  std::string platform = {};  ///< "linux/arm64 "; empty: there is one plan
  std::size_t numbered = 0;   ///< steps of the plans before
};

/// Shows on stderr how a build goes. `mode`: "tty" redraws a list of the steps,
/// "plain" writes lines as BuildKit does, "rawjson" a JSON document a line (the
/// vertexes and statuses of BuildKit's status), "quiet" and "none" nothing; "auto" is tty on a
/// terminal and plain elsewhere.
std::unique_ptr<BuildObserver> make_progress(const std::string& mode, const Plan& plan,
                                             const PlanTitles& titles = {});

}  // namespace slipway::cli
