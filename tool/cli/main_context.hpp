#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "build/remote_context.hpp"
#include "cli/plan_flags.hpp"
#include "store/store.hpp"

namespace slipway::cli {

/// The contexts and the Dockerfile of a build as directories and a file,
/// whatever the command line names: "-" for a Dockerfile or a tar on standard
/// input, a git repository, the URL of a tar or of a Dockerfile, `-f -`, and
/// the same of --build-context. What came by standard input lies in a folder
/// that goes with the object.
class MainContext {
 public:
  /// Throws Errc::usage for what does not go together, and what fetching throws.
  MainContext(PlanFlags flags, const Store& store);

  /// The flags with paths in them.
  const PlanFlags& flags() const noexcept { return flags_; }

  /// The options of a plan for each platform: those of the flags, with what
  /// SOURCE_DATE_EPOCH can name. Not to be used after the object.
  std::vector<PlanOptions> options() const;

 private:
  void take_input(const Store& store);
  void take_dockerfile();
  void take_file(const std::filesystem::path& file);
  void take_remote(const FetchContext& fetching);
  void take_named(std::string& text, const FetchContext& fetching);
  void use_fetched(const std::filesystem::path& root, const std::filesystem::path& subdir);
  std::optional<std::int64_t> time_of(const EpochPlace& place) const;

  PlanFlags flags_;
  const Store& store_;
  Grants grants_;
  TempDir folder_;
  std::map<std::string, RemoteContext> fetched_ = {};  ///< by name; the main one's is ""
};

}  // namespace slipway::cli
