#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "dockerfile/ast.hpp"
#include "oci/platform.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// What one stage turned out to be. What it has of its parent stays there.
struct PlannedStage {
  std::string reference = {};              ///< the name that FROM gives
  std::optional<std::size_t> parent = {};  ///< the stage of that name
  /// The parent's ONBUILD instructions, as they become here.
  std::vector<dockerfile::Instruction> triggers = {};
  std::string base_step = {};               ///< of the lowest stage; empty: scratch
  Platform platform = {};                   ///< what the lowest FROM asked for
  std::string top = {};                     ///< the topmost step; empty: there is none yet
  std::vector<ImageStep::Part> parts = {};  ///< without the parent's
  /// The last step with a list of what shapes commands, and what came since
  /// then; of the parent too, if that is where the list ended.
  std::string listed_by = {};
  std::vector<const dockerfile::Instruction*> unlisted = {};
  bool parent_has_unlisted = false;
};

}  // namespace slipway
