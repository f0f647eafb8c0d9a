#pragma once

#include <string>
#include <vector>

#include "build/step_result.hpp"
#include "plan/plan.hpp"
#include "registry/pull.hpp"
#include "store/store.hpp"

namespace slipway {

struct ImportedBase {
  StepResult result = {};
  std::vector<std::string> triggers = {};  ///< its ONBUILD instructions
  std::vector<std::string> read = {};      ///< files whose change makes it another base
};

/// Bring a base image into the store: its config, and the layers of another layout
/// (read once: copied, hashed and listed in the same pass). A registry's layers are
/// only noted; they are fetched when something reads them. Throws Errc::input for a name that leads
/// nowhere, Errc::remote where a registry fails, Errc::integrity for damaged blobs.
ImportedBase import_base(const Step& step, const Store& store, PullPolicy policy);

}  // namespace slipway
