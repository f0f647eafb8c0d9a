#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "run/mounts.hpp"
#include "run/sandbox.hpp"

namespace slipway {

/// The OCI runtime on $PATH, runc before crun; nullopt: there is none.
std::optional<std::filesystem::path> find_oci_runtime();

/// A container as the OCI's runtime specification has it, in a folder with its
/// config.json. What it says is what our own sandbox does, but for pid 1: that is the
/// command itself.
class OciBundle {
 public:
  /// Written to `folder`. `root` is where the child mounts the root; `mounts` are those
  /// of container_mounts(). Throws Errc::environment where there is no runtime,
  /// Errc::input for words that are not UTF-8.
  OciBundle(const std::filesystem::path& folder, const std::string& root,
            const std::vector<MountOp>& mounts, const Sandbox& sandbox);

  /// The command that runs it.
  const std::vector<std::string>& argv() const noexcept { return argv_; }

  /// The container's first process, as we see its number; waits for it. `parent`: of
  /// the runtime. That itself where it ended before.
  pid_t first_process(pid_t parent) const;

 private:
  std::filesystem::path pid_file_;
  std::vector<std::string> argv_ = {};
};

}  // namespace slipway
