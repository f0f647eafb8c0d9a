#pragma once

#include <sys/ioctl.h>

#include <csignal>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "run/mounts.hpp"
#include "run/overlay.hpp"
#include "run/process_limit.hpp"
#include "run/resource_limit.hpp"
#include "run/seccomp.hpp"

namespace slipway {

/// What the child was doing when the kernel refused.
enum class Stage : std::uint32_t {
  wait_for_parent,
  private_mounts,
  change_root,
  overlay,
  bind_root,
  take_host_file,
  pivot,
  furnish,
  read_only_root,
  leave_host_root,
  hostname,
  loopback,
  streams,
  terminal,
  fork,
  close_files,
  limits,
  working_dir,
  filter,
  listen,
  groups,
  group,
  bounding_set,
  user,
  capabilities,
  no_new_privileges,
  execute,
  runtime_proc,
  runtime,
};

/// The child's one message, over a pipe; a write of this size is atomic.
struct ChildFailure {
  Stage stage = Stage::wait_for_parent;
  std::int32_t error = 0;   ///< errno
  std::uint32_t index = 0;  ///< take_host_file and furnish: which of the mounts; limits: which
};

/// All that the child needs, made before clone. The pointers point into strings
/// that outlive it.
struct ChildPlan {
  std::string root = {};        ///< where the new root is mounted
  OverlayOptions overlay = {};  ///< empty: `root` is a tree of its own already
  bool chroot_only = false;     ///< see Isolation::chroot
  /// An OCI runtime that starts the command instead of us, and its words; ends with
  /// nullptr. Empty: there is none.
  std::vector<const char*> runtime = {};
  std::vector<MountOp> mounts = {};
  std::string hostname = {};
  std::string working_dir = {};
  std::vector<std::string> programs = {};  ///< paths to try in turn
  std::vector<const char*> argv = {};      ///< ends with nullptr, as env does
  std::vector<const char*> env = {};
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<gid_t> groups = {};  ///< all of them
  std::span<const ResourceLimit> limits = {};
  std::uint64_t capabilities = 0;  ///< of a root; see Sandbox
  ProcessLimit process_limit = {};
  SystemCallFilter filter = {};  ///< empty: all calls are let through
  /// Of a user with one id: uid, gid and groups are what the command takes
  /// itself for (see RememberedOwners). Empty: they are real.
  SystemCallFilter owner_filter = {};
  int links = -1;  ///< where RememberedOwners notes links
  bool may_set_groups = true;
  bool may_gain_privileges = false;
  bool all_capabilities = false;
  bool loopback_only = false;  ///< a network namespace of its own
  bool is_inside = false;      ///< the namespaces are a container's already
  bool read_only_root = false;
  int input = -1;  ///< -1: our own stream, as the two below
  int output = -1;
  int errors = -1;
  int terminal = -1;    ///< a socket that a terminal's master is sent through; -1: none
  winsize window = {};  ///< of that terminal
  int go = -1;          ///< readable once ids are mapped; closed when the parent gave up
  int failure = -1;     ///< where a ChildFailure goes
};

/// The life of pid 1 in the new namespaces: furnishes the root, starts the
/// command, forwards signals, reaps, and exits with the command's status. Runs
/// between clone and exec, so it neither throws nor allocates.
[[noreturn]] void run_child(ChildPlan& plan) noexcept;

}  // namespace slipway
