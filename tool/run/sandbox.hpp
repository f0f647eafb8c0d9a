#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/capabilities.hpp"
#include "run/cgroup.hpp"
#include "run/resource_limit.hpp"
#include "run/visitors.hpp"

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
  std::string options = {};                       ///< tmpfs: more of them, as mount(8) has them
  bool no_programs = false;                       ///< tmpfs: nothing on it can be run
  std::string content = {};
  std::uint32_t mode = 0;  ///< secret, as the two below
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

enum class Network {
  host,  ///< the machine's
  none,  ///< a loopback device and nothing else
};

/// What a command reads from its standard input.
enum class Input {
  ours,  ///< what we read
  none,  ///< nothing: it ends at once
  held,  ///< nothing, and it does not end
};

/// What is known once the command runs.
struct Started {
  int pid = 0;  ///< of pid 1 of its namespaces, as we see it
  bool is_copy = false;
  std::vector<std::string> mount_points = {};  ///< as in SandboxResult
};

/// How far a command can be shut in on this machine.
enum class Isolation {
  namespaces,  ///< a root of its own in a mount namespace
  chroot,      ///< own processes, but neither /proc nor mounts, and the root is a copy.
               ///< What is left where "/" is no mount point, as in a plain chroot: the
               ///< kernel gives no root away there.
  oci,         ///< namespaces, by an OCI runtime on $PATH
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
  /// A directory for what the command writes: empty, or what an earlier command left
  /// in it, on the same trees.
  std::filesystem::path scratch = {};
  /// An earlier command ran in a copy of `trees` (SandboxResult::is_copy): it lies in
  /// `scratch` and is gone on with.
  bool has_copy = false;
  bool read_only_root = false;
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
  std::vector<SandboxMount> mounts = {};  ///< in order
  Network network = Network::host;
  /// What is not named stays as it is for us, but for processes: see process_limit.hpp.
  std::vector<ResourceLimit> limits = {};
  CgroupLimits cgroup_limits = {};
  std::string cgroup = {};  ///< the name of the group that has them; run_inside() joins it
  std::uint64_t shm_size = default_shm_size;  ///< of /dev/shm
  /// There is one id: uid, gid and groups, and what the command does to owners,
  /// is remembered. Notes lie on the files and in SandboxResult::links.
  bool remembers_owners = false;
  std::optional<Isolation> isolation = {};              ///< available_isolation()
  bool may_gain_privileges = false;                     ///< setuid programs work
  std::uint64_t capabilities = default_capabilities();  ///< a bit each
  bool all_capabilities = false;  ///< and no filter of system calls, no masked paths
  bool filters_calls = true;      ///< Docker's seccomp profile
  Input input = Input::ours;
  /// Gets what the command writes, both streams together. Without it the command has
  /// our own streams.
  std::function<void(std::string_view)> output = {};
  /// What it writes to its standard error, where that is to be told apart.
  std::function<void(std::string_view)> errors = {};
  /// The command's streams are a terminal of its own: `output` (or our standard
  /// output) gets what it shows, and ours is passed on key by key.
  bool terminal = false;
  /// Those who come to its streams; what they are shown is `output`'s matter.
  Visitors* visitors = nullptr;
  /// Called once the command runs.
  std::function<void(const Started&)> started = {};
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

/// Run one more command to its end in the namespaces of the container whose pid 1 is
/// `pid`; what the sandbox says of roots, mounts and networks is that container's.
/// From then on this process sees that container's files, so it should end soon.
SandboxResult run_inside(int pid, const Sandbox& sandbox);

}  // namespace slipway
