#pragma once

#include <memory>
#include <string>
#include <vector>

#include "build/scheduler.hpp"

namespace slipway::cli {

/// The words of --progress.
extern const std::vector<std::string> progress_modes;

/// Shows on stderr how a build goes. `mode`: "tty" redraws a list of the steps,
/// "plain" writes lines as BuildKit does, "rawjson" a JSON document a line (the
/// vertexes and statuses of BuildKit's status), "quiet" and "none" nothing; "auto" is tty on a
/// terminal and plain elsewhere.
/// Of several plans the platform tells which. The plans must stay where they are.
std::unique_ptr<BuildObserver> make_progress(const std::string& mode,
                                             const std::vector<Plan>& plans);

}  // namespace slipway::cli
