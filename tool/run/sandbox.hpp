#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/resource_limit.hpp"

namespace slipway {

/// Docker's.
inline constexpr std::uint64_t default_shm_size = std::uint64_t{64} * 1024 * 1024;

/// Something that a command sees at `target` and that is no part of its root.
struct SandboxMount {
  enum class Kind {
    bind,     ///< the host's file or directory `source`
    overlay,  ///< `source` below the root that `trees` make; writes are discarded
    tmpfs,    ///< empty, at most `size` bytes
    secret,   ///< a file with `content` that is never on a disk
  };
  Kind kind = Kind::bind;
  std::filesystem::path source = {};
  std::string target = {};  ///< absolute
  bool is_file = false;     ///< what `target` has to be
  bool read_only = true;
  std::vector<std::filesystem::path> trees = {};  ///< as Sandbox::trees
  std::uint64_t size = 0;                         ///< 0: no limit
  std::string content = {};
  std::uint32_t mode = 0;  ///< secret, as the two below
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

enum class Network {
  host,  ///< the machine's
  none,  ///< a loopback device and nothing else
};

/// How far a command can be shut in on this machine.
enum class Isolation {
  namespaces,  ///< a root of its own in a mount namespace
  chroot,      ///< own processes, but neither /proc nor mounts, and the root is a copy.
               ///< What is left where "/" is no mount point, as in a plain chroot: the
               ///< kernel gives no root away there.
};

/// One command to run in a root filesystem of its own.
struct Sandbox {
  /// Together they are "/", lowest first: what the upper ones have hides what
  /// is beneath, with overlayfs' own marks (user.overlay.*) for what they
  /// remove. They are changed only through `scratch`.
  std::vector<std::filesystem::path> trees = {};
  /// Fills a directory with the filesystem of `trees`, where the kernel gives no
  /// overlay. Empty: there is one tree, and it is copied.
  std::function<void(const std::filesystem::path& root)> copy_trees = {};
  std::filesystem::path scratch = {};  ///< an empty directory for what the command writes
  std::vector<std::string> argv = {};
  std::vector<std::string> env = {};  ///< "K=v", the whole environment
  std::string working_dir = "/";
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups = {};  ///< besides gid
  std::string hostname = "slipway";
  std::filesystem::path hosts_file = "/etc/hosts";
  /// Where it and the machine's resolv.conf are shown: where the image's links of
  /// these names lead.
  std::string hosts_target = "/etc/hosts";
  std::string resolv_conf_target = "/etc/resolv.conf";
  std::vector<SandboxMount> mounts = {};            ///< in order
  Network network = Network::host;
  /// What is not named stays as it is for us, but for processes: see process_limit.hpp.
  std::vector<ResourceLimit> limits = {};
  std::uint64_t shm_size = default_shm_size;  ///< of /dev/shm
  /// There is one id: uid, gid and groups, and what the command does to owners,
  /// is remembered. Notes lie on the files and in SandboxResult::links.
  bool remembers_owners = false;
  std::optional<Isolation> isolation = {};  ///< available_isolation()
  bool may_gain_privileges = false;  ///< setuid programs work
  bool all_capabilities = false;     ///< instead of Docker's default set
  /// Gets what the command writes, both streams together; its input is empty
  /// then. Without it the command has our own streams.
  std::function<void(std::string_view)> output = {};
};

/// How a run ended and where its changes are.
struct SandboxResult {
  int status = 0;  ///< exit status, 128 + signal for a killed command
  /// The overlay's upper directory; or, where `is_copy`, the whole root.
  std::filesystem::path changes = {};
  bool is_copy = false;
  /// Paths that were made in the root to mount something on, if nothing was there.
  std::vector<std::string> mount_points = {};
  std::filesystem::path links = {};  ///< LinkNotes (base/owner_note.hpp); empty: there are none
};

/// The most that this machine allows.
Isolation available_isolation();

/// Run to the end, in new mount, pid, ipc, uts and (when not root) user
/// namespaces. Throws Errc::environment naming the one thing the kernel
/// refuses, with a hint. Signals are forwarded; everything dies with us.
SandboxResult run(const Sandbox& sandbox);

}  // namespace slipway
