#pragma once

#include <string>
#include <vector>

#include "build/base_step.hpp"
#include "build/step.hpp"

namespace slipway {

/// The base with its ONBUILD triggers carried out on it, as the first
/// instructions of the stage that `step` begins: a plan of their own, whose
/// files lie in a folder beside the step's. What they read is added to what the
/// base read.
ImportedBase with_triggers(ImportedBase base, const Step& step, const BuildContext& context);

}  // namespace slipway
