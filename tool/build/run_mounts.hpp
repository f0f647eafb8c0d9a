#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "build/scene.hpp"
#include "run/sandbox.hpp"
#include "run/user_namespace.hpp"

namespace slipway {

/// The folder of a cache mount's id, as the commands of this user see it.
/// nullopt: no command has used it yet.
std::optional<std::filesystem::path> find_cache(const std::string& id, const Store& store);

/// The mounts of one RUN, worked out as far as its key needs it.
class RunMounts {
 public:
  /// Throws Errc::input for sources that are not there, and targets that
  /// cannot be.
  RunMounts(const Step& step, const Scene& scene, const BuildContext& context);
  RunMounts(RunMounts&&) noexcept;
  ~RunMounts();

  /// Lines for the record: what would show that a source changed, cheaply.
  /// `content`: the same by content, which reads the context's files.
  std::vector<std::string> lines() const;
  std::vector<std::string> content_lines() const;

  /// When one of the files last changed (ns since 1970).
  std::int64_t changed_ns() const;

  /// Files whose change must run the step again.
  std::vector<std::string> read() const;

  /// Add the mounts, and what they set in the environment, to the sandbox. What
  /// has to be prepared for them lies in `scratch`; locks of caches are held
  /// and agents run until this object goes.
  void furnish(Sandbox& sandbox, const std::filesystem::path& scratch, Rights rights);

  /// Leave the caches that the command wrote to for other machines, where that was
  /// asked for. After furnish().
  void share_caches(Rights rights) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway
