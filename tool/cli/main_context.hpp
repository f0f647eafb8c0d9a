#pragma once

#include <filesystem>

#include "base/file.hpp"
#include "cli/plan_flags.hpp"
#include "store/store.hpp"

namespace slipway::cli {

/// The context and the Dockerfile of a build as a directory and a file,
/// whatever the command line names: "-" for a Dockerfile or a tar on standard
/// input, a git repository, the URL of a tar or of a Dockerfile, `-f -`. What is
/// fetched lies in a folder that goes with the object.
class MainContext {
 public:
  /// Throws Errc::usage for what does not go together, and what fetching throws.
  MainContext(PlanFlags flags, const Store& store);

  /// The flags with paths in them.
  const PlanFlags& flags() const noexcept { return flags_; }

 private:
  void take_input();
  void take_file(const std::filesystem::path& file);
  void take_repository(const Store& store);
  void use_fetched(const std::filesystem::path& root, const std::filesystem::path& subdir);

  PlanFlags flags_;
  TempDir folder_;
};

}  // namespace slipway::cli
