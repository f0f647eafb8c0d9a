#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layer/pack.hpp"
#include "plan/stage_state.hpp"

namespace slipway {

/// What a step leaves for those above it: a .layer file.
struct StepResult {
  std::vector<Layer> layers = {};         ///< one; for a base all of its, lowest first
  std::optional<Descriptor> config = {};  ///< base only: the image config, in the store
  StageScope scope = {};                  ///< base only: what its ONBUILD triggers left
  bool operator==(const StepResult&) const = default;
};

std::string serialise(const StepResult& result);

/// Throws Errc::input on a damaged file.
StepResult parse_step_result(std::string_view text);

/// Read a .layer file. Throws Errc::input naming it when it is missing.
StepResult read_step_result(const std::filesystem::path& path);

}  // namespace slipway
