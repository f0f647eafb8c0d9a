#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace slipway {

/// One command to run in a root filesystem of its own.
struct Sandbox {
  std::filesystem::path root = {};     ///< becomes "/"; changed only through `scratch`
  std::filesystem::path scratch = {};  ///< an empty directory for what the command writes
  std::vector<std::string> argv = {};
  std::vector<std::string> env = {};  ///< "K=v", the whole environment
  std::string working_dir = "/";
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string hostname = "slipway";
};

/// How far a command can be shut in on this machine.
enum class Isolation {
  namespaces,  ///< a root of its own in a mount namespace
  chroot,      ///< where "/" is no mount point, as in a plain chroot: the kernel
               ///< gives no root away there. Own processes, but neither /proc nor
               ///< mounts, and the root is a copy.
};

/// What run() will use here.
Isolation available_isolation();

/// Run to the end with our standard streams, in new mount, pid, ipc, uts and
/// (when not root) user namespaces. Returns the exit status, 128 + signal for a
/// killed command. Throws Errc::environment naming the one thing the kernel
/// refuses, with a hint. Signals are forwarded; everything dies with us.
int run(const Sandbox& sandbox);

}  // namespace slipway
