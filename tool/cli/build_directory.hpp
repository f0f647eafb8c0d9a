#pragma once

#include <string>

#include "cli/plan_flags.hpp"
#include "store/store.hpp"

namespace slipway::cli {

/// Where `build` keeps the steps' files of one Dockerfile, context, target and
/// platform between runs: a folder of the store.
std::string build_directory(const Store& store, const PlanFlags& flags);

}  // namespace slipway::cli
