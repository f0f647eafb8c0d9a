#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace slipway {

/// The processes in the pid namespace of `first`, as we see their numbers, `first`
/// itself left out; those of namespaces inside of it are not seen.
std::vector<pid_t> processes_beside(pid_t first);

/// Stops the processes of a container for as long as it lives.
class PausedProcesses {
 public:
  /// `first`: pid 1 of the container, which goes on; 0: nothing is to be stopped.
  explicit PausedProcesses(pid_t first);
  PausedProcesses(PausedProcesses&&) = delete;
  PausedProcesses& operator=(PausedProcesses&&) = delete;
  ~PausedProcesses();

 private:
  std::vector<pid_t> stopped_ = {};
};

}  // namespace slipway
