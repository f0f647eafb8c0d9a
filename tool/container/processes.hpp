#pragma once

#include <sys/types.h>

#include <vector>

#include "base/file.hpp"

namespace slipway {

/// The processes in the pid namespace of `first`, as we see their numbers, `first`
/// itself left out; those of namespaces inside of it are not seen.
std::vector<pid_t> processes_beside(pid_t first);

/// Stops the processes of a container for as long as it lives, and no longer than we do.
class PausedProcesses {
 public:
  /// `first`: pid 1 of the container, which goes on; 0: nothing is to be stopped.
  explicit PausedProcesses(pid_t first);
  PausedProcesses(PausedProcesses&&) = delete;
  PausedProcesses& operator=(PausedProcesses&&) = delete;
  ~PausedProcesses();

 private:
  void stop_all(pid_t first);

  Fd told_ = {};  ///< the watcher reads which they are, and lets them go on at its end
  pid_t watcher_ = 0;
};

}  // namespace slipway
