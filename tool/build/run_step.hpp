#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/record.hpp"
#include "build/step.hpp"

namespace slipway {

/// What a RUN came to.
struct CommandLayer {
  std::optional<Layer> layer = {};  ///< none: the one that is there still holds
  bool has_run = false;
  Record record = {};
  std::vector<std::string> read = {};  ///< files whose change must run the step again
};

/// Make a RUN's layer: find it (in the step's own record, or in the store under
/// its key, which is what the command could see), or run the command.
/// Throws Errc::command, rendered at the instruction, when the command fails.
CommandLayer make_command_layer(const Step& step, const BuildContext& context);

/// What the step would be recorded to depend on now.
Record command_record(const Step& step, const BuildContext& context);

}  // namespace slipway
