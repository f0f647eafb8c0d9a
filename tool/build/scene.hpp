#pragma once

#include "build/step.hpp"
#include "plan/stage_state.hpp"

namespace slipway {

/// A step's own instruction, and the state that its words are read in.
struct Scene {
  dockerfile::Instruction instruction;
  StageState state;
};

/// What run_step() did, and the files and directories whose change must make it
/// do that again.
struct MadeStep {
  StepOutcome outcome = StepOutcome::made;
  std::vector<std::string> read = {};
};
MadeStep make_step(const Step& step, const BuildContext& context);

/// Replays what the step needs of the instructions before it, over its base's
/// config. Throws rendered diagnostics.
Scene set_scene(const Step& step, const BuildContext& context);

/// The result that the step left last, if it is whole and its blobs are there.
std::optional<StepResult> usable_result(const std::string& id, const BuildContext& context);

/// All layers of steps, in order; what is missing of them is made again.
std::vector<Layer> require_layers(const std::vector<std::string>& ids, const BuildContext& context);

/// The wall clock in ns since 1970, for what is kept beside files' times.
std::int64_t now_ns();

}  // namespace slipway
