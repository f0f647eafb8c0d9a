#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "plan/plan.hpp"

namespace slipway {

/// Which step stands on which, for all of a plan in one file beside the .step files:
/// a step that follows the lists down need not read the text of all that are on them.
/// Where it is missing, or lacks a step, the .step files tell the same.
class StepLinks {
 public:
  struct Links {
    std::string beneath = {};  ///< Step::beneath
    std::string after = {};    ///< Step::after, those passed over that list nothing themselves
  };

  /// Of the plan in `directory`; damaged or missing: of none.
  static StepLinks read(const std::filesystem::path& directory);

  /// nullptr: nothing is known of the step.
  const Links* find(const std::string& id) const;

 private:
  std::unordered_map<std::string, Links> links_ = {};
};

/// Write the file, when it changes.
void write_step_links(const Plan& plan, const std::filesystem::path& directory);

}  // namespace slipway
