// How a command gets a root and a process tree of its own.
//
// The parent prepares everything that can be prepared (ChildPlan), clones a
// child into new namespaces, maps its ids, and waits. The child builds the root,
// becomes pid 1 of the container and starts the command. All that can go wrong
// in the child comes back as one ChildFailure and becomes an Error here.
#include "run/sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "run/capabilities.hpp"
#include "run/child.hpp"
#include "run/idmap.hpp"
#include "run/oci_runtime.hpp"
#include "run/overlay.hpp"
#include "run/refusal.hpp"
#include "run/remembered_owners.hpp"
#include "run/streams.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// How the root becomes writable without being changed.
enum class RootMethod {
  overlay,  ///< the kernel shows `root` with the changes in `scratch` over it
  copy,     ///< where it refuses: `scratch` gets a copy of all of `root`
  chroot,   ///< the same, entered without a mount (Isolation::chroot)
};

/// The cloned process; killed, with all of its pid namespace, and reaped when
/// it is still there at the end.
class Child {
 public:
  // By number: glibc 2.36 declares pidfd_open() without extern "C".
  explicit Child(pid_t pid)
      : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
  }

  pid_t pid() const noexcept { return pid_; }
  const Fd& pidfd() const noexcept { return pidfd_; }

  /// Exit status, or 128 + signal.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
  Fd pidfd_;
};

void copy_root(const Sandbox& sandbox) {
  const fs::path root = sandbox.scratch / "root";
  if (sandbox.copy_trees) return sandbox.copy_trees(root);
  // cp knows every kind of file, owners, xattrs, hard links and reflinks.
  const fs::path& tree = sandbox.trees.front();
  const CommandResult result = run_captured(
      {.argv = {"cp", "-a", "--reflink=auto", "--", (tree / ".").native(), root.native()}});
  if (result.status == 0) return;
  throw Error(Errc::environment, fmt::format("copy root '{}': {}", printable(tree.native()),
                                             printable(trim(result.output))));
}

std::vector<std::string> programs_of(const Sandbox& sandbox) {
  const std::string& name = sandbox.argv.front();
  if (name.find('/') != std::string::npos) return {name};
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string& variable : sandbox.env) {
    if (variable.starts_with("PATH=")) path = variable.substr(5);
  }
  std::vector<std::string> programs;
  for (const std::string& folder : split(path, ':')) {
    programs.push_back((folder.empty() ? "." : folder) + "/" + name);
  }
  return programs;
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> all;
  for (const std::string& text : texts) all.push_back(text.c_str());
  all.push_back(nullptr);
  return all;
}

/// What a command is run with, wherever its root comes from.
ChildPlan plan_command(const Sandbox& sandbox) {
  ChildPlan plan{.working_dir = sandbox.working_dir,
                 .programs = programs_of(sandbox),
                 .argv = pointers(sandbox.argv),
                 .env = pointers(sandbox.env),
                 .uid = sandbox.uid,
                 .gid = sandbox.gid};
  plan.groups.assign(sandbox.groups.begin(), sandbox.groups.end());
  plan.groups.insert(plan.groups.begin(), sandbox.gid);
  plan.limits = sandbox.limits;
  plan.process_limit = choose_process_limit(sandbox.limits);
  plan.may_set_groups = trim(read_file_if_exists("/proc/self/setgroups").value_or("")) != "deny";
  plan.may_gain_privileges = sandbox.may_gain_privileges;
  plan.all_capabilities = sandbox.all_capabilities;
  plan.capabilities = sandbox.capabilities;
  if (!sandbox.all_capabilities && sandbox.filters_calls)
    plan.filter = default_filter(sandbox.capabilities);
  return plan;
}

ChildPlan make_plan(const Sandbox& sandbox, RootMethod method) {
  ChildPlan plan = plan_command(sandbox);
  plan.root = fs::absolute(sandbox.scratch / "root").native();
  plan.mounts = method == RootMethod::chroot ? container_nodes(sandbox.working_dir)
                                             : container_mounts(sandbox);
  plan.hostname = sandbox.hostname;
  plan.read_only_root = sandbox.read_only_root;
  plan.loopback_only = sandbox.network == Network::none;
  plan.chroot_only = method == RootMethod::chroot;
  make_directories(sandbox.scratch / "root");
  if (method == RootMethod::overlay) plan.overlay = overlay_options(sandbox.trees, sandbox.scratch);
  return plan;
}

fs::path links_of(const Sandbox& sandbox) { return sandbox.scratch / "links"; }

std::optional<ChildFailure> read_failure(const Fd& pipe) {
  ChildFailure failure;
  const auto bytes = std::as_writable_bytes(std::span(&failure, 1));
  const std::size_t count = read_some(pipe, bytes, "the container's messages");
  if (count != sizeof failure) return std::nullopt;
  return failure;
}

/// Hand signals and streams on until the child is gone.
int wait_and_forward(Child& child, const BlockedSignals& signals, Streams& streams) {
  streams.serve(child.pidfd(), child.pid(), signals);
  const int status = child.wait();
  streams.drain();
  return status;
}

/// Namespaces of that process that are not ours.
int foreign_namespaces(int pid) {
  constexpr std::array<std::pair<const char*, int>, 6> kinds = {{{"user", CLONE_NEWUSER},
                                                                 {"mnt", CLONE_NEWNS},
                                                                 {"pid", CLONE_NEWPID},
                                                                 {"ipc", CLONE_NEWIPC},
                                                                 {"uts", CLONE_NEWUTS},
                                                                 {"net", CLONE_NEWNET}}};
  int foreign = 0;
  for (const auto& [name, flag] : kinds) {
    struct stat ours = {};
    struct stat theirs = {};
    const bool known = ::stat(fmt::format("/proc/self/ns/{}", name).c_str(), &ours) == 0 &&
                       ::stat(fmt::format("/proc/{}/ns/{}", pid, name).c_str(), &theirs) == 0;
    if (!known) throw Error::from_errno(errno, "look at the container's namespaces");
    if (ours.st_ino != theirs.st_ino) foreign |= flag;
  }
  return foreign;
}

/// The user namespace comes first: it gives the right to look at the process. Its root
/// need not be that of its mount namespace (where "/" cannot be left, as inside of a
/// chroot).
void enter_namespaces(int pid) {
  const auto require = [](bool is_done) {
    if (!is_done) throw Error::from_errno(errno, "enter the container");
  };
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  require(static_cast<bool>(process));
  const int foreign = foreign_namespaces(pid);
  if ((foreign & CLONE_NEWUSER) != 0) require(::setns(process.get(), CLONE_NEWUSER) == 0);
  const auto root = open_file(fmt::format("/proc/{}/root", pid), O_PATH | O_DIRECTORY);
  if (const int rest = foreign & ~CLONE_NEWUSER; rest != 0)
    require(::setns(process.get(), rest) == 0);
  require(::fchdir(root.get()) == 0 && ::chroot(".") == 0);
}

/// What one try gives: the command's exit status, or what the kernel refused.
struct Outcome {
  int status = 0;
  std::optional<ChildFailure> failure = {};
};

/// `inside`: pid 1 of the container that the command goes to; 0: it gets one of its own.
Outcome try_to_run(const Sandbox& sandbox, ChildPlan& plan, bool in_user_namespace,
                   const OciBundle* bundle, int inside = 0) {
  const BlockedSignals signals;
  const Cgroup made(sandbox.cgroup, plan.is_inside ? CgroupLimits() : sandbox.cgroup_limits);
  const Cgroup joined(plan.is_inside ? sandbox.cgroup : std::string());
  Pipe go = make_pipe();
  Pipe failure = make_pipe();
  Streams streams(sandbox, plan);
  IdMap map;
  if (in_user_namespace) {
    map = choose_id_map(sandbox.uid, sandbox.gid);
    plan.may_set_groups = plan.may_set_groups && map.has_ranges;
  }
  Fd links;
  if (sandbox.remembers_owners) {
    links = open_file(links_of(sandbox), O_WRONLY | O_CREAT | O_APPEND, 0600);
    plan.links = links.get();
    plan.owner_filter = owner_call_filter();
  }
  plan.go = go.read.get();
  plan.failure = failure.write.get();

  const long namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                          (in_user_namespace ? CLONE_NEWUSER : 0) |
                          (plan.loopback_only ? CLONE_NEWNET : 0);
  // All that has a path of ours is open by now.
  if (plan.is_inside) enter_namespaces(inside);
  const long flags = (plan.is_inside ? 0 : namespaces) | SIGCHLD;
  // As fork: no stack of its own. The order of the zeros differs by machine.
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, flags, 0, 0, 0, 0));
  if (pid < 0) throw namespace_refusal(errno, in_user_namespace);
  if (pid == 0) {
    ::close(go.write.get());  // or the end of the parent would not be seen
    run_child(plan);
  }
  Child child(pid);
  go.read = Fd();
  failure.write = Fd();
  streams.close_ends_of_command();
  if (in_user_namespace) apply_id_map(map, pid, sandbox.uid, sandbox.gid);
  made.add(pid);
  joined.add(pid);
  write_all(go.write, std::as_bytes(std::span("g", 1)), "the container");
  if (const auto refused = read_failure(failure.read)) return {.failure = refused};
  const pid_t first = bundle != nullptr && sandbox.started ? bundle->first_process(pid) : pid;
  if (sandbox.started)
    sandbox.started({first, plan.overlay.text.empty(), mount_points(plan.mounts)});
  streams.take_terminal();
  return {.status = wait_and_forward(child, signals, streams)};
}

void require_sense(const Sandbox& sandbox) {
  if (sandbox.argv.empty()) throw Error(Errc::input, "run in a container: no command given");
  if (!sandbox.working_dir.starts_with('/')) {
    throw Error(Errc::input, fmt::format("run in a container: the working directory '{}' is not "
                                         "an absolute path",
                                         printable(sandbox.working_dir)));
  }
}

Isolation choose_isolation(const Sandbox& sandbox) {
  const auto available = available_isolation();
  const auto chosen = sandbox.isolation.value_or(available);
  const bool needs_mounts = chosen != Isolation::chroot || !sandbox.mounts.empty();
  if (needs_mounts && available == Isolation::chroot) {
    throw Error(Errc::environment, "mount what the command asks for: '/' is no mount point here")
        .with_hint(
            "leave the chroot, or make its root a mount point before entering: mount --bind <root> <root>");
  }
  if (needs_mounts && chosen == Isolation::chroot) {
    throw Error(Errc::usage, "mount what the command asks for: --isolation=chroot mounts nothing");
  }
  if (chosen == Isolation::oci && sandbox.remembers_owners) {
    throw Error(Errc::environment, "start an OCI runtime: with one id it can give files no owners")
        .with_hint(
            "be root, get subordinate ids (see 'slipway doctor'), or leave --isolation=oci out");
  }
  return chosen;
}

}  // namespace

Isolation available_isolation() {
  struct statx root = {};
  const bool known = ::statx(AT_FDCWD, "/", 0, 0, &root) == 0 &&
                     (root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
  const bool is_mount = !known || (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  return is_mount ? Isolation::namespaces : Isolation::chroot;
}

SandboxResult run(const Sandbox& sandbox) {
  require_sense(sandbox);
  const bool in_user_namespace = ::geteuid() != 0;
  const auto isolation = choose_isolation(sandbox);
  const bool chroot_only = isolation == Isolation::chroot;
  auto method = chroot_only        ? RootMethod::chroot
                : sandbox.has_copy ? RootMethod::copy
                                   : RootMethod::overlay;
  ChildPlan plan = make_plan(sandbox, method);
  std::optional<OciBundle> bundle;
  if (isolation == Isolation::oci)
    bundle.emplace(fs::absolute(sandbox.scratch / "bundle"), plan.root, plan.mounts, sandbox);
  const auto try_it = [&] {
    if (bundle) plan.runtime = pointers(bundle->argv());
    return try_to_run(sandbox, plan, in_user_namespace, bundle ? &*bundle : nullptr);
  };
  if (chroot_only && !sandbox.has_copy) copy_root(sandbox);
  Outcome outcome = try_it();
  if (outcome.failure && outcome.failure->stage == Stage::overlay) {
    method = RootMethod::copy;
    plan = make_plan(sandbox, method);
    copy_root(sandbox);
    outcome = try_it();
  }
  if (outcome.failure) throw refusal(*outcome.failure, plan, sandbox, in_user_namespace);
  const bool is_copy = method != RootMethod::overlay;
  return {outcome.status, sandbox.scratch / (is_copy ? "root" : "upper"), is_copy,
          mount_points(plan.mounts), sandbox.remembers_owners ? links_of(sandbox) : fs::path()};
}

SandboxResult run_inside(int pid, const Sandbox& sandbox) {
  require_sense(sandbox);
  ChildPlan plan = plan_command(sandbox);
  plan.is_inside = true;
  const Outcome outcome = try_to_run(sandbox, plan, false, nullptr, pid);
  if (outcome.failure) throw refusal(*outcome.failure, plan, sandbox, false);
  SandboxResult result;
  result.status = outcome.status;
  return result;
}

}  // namespace slipway
