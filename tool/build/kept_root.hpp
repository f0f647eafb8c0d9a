#pragma once

#include <string>
#include <vector>

#include "build/step.hpp"
#include "run/sandbox.hpp"

namespace slipway {

/// A command that fails leaves its root in the store, to be looked at until the
/// step's next run:
///
///   failed/<name>/root|upper   what it changed, or all where there is no overlay
///   failed/<name>/command      how it was run, a line "<key>\t<value>" each
///
/// Secrets and other mounts are no part of it.
///
/// The name tells the step and the build that it is of: "3fa9c2d1-0-2".
std::string kept_root_name(const Step& step, const std::filesystem::path& directory);

/// Take the root of a command that has ended out of its scratch folder.
void keep_root(const std::string& name, const Sandbox& sandbox, const SandboxResult& result,
               const Store& store);

/// Remove what the step's last failure left.
void drop_root(const std::string& name, const Store& store);

/// The kept root, to run `argv` in (empty: a shell); what that changes stays.
/// Throws Errc::input for a name that nothing is kept under.
class KeptRoot {
 public:
  KeptRoot(const std::string& name, const Store& store);

  int run(std::vector<std::string> argv) const;

 private:
  std::filesystem::path folder_;
  FileLock lock_;  ///< an overlay's upper directory serves one mount at a time
};

}  // namespace slipway
