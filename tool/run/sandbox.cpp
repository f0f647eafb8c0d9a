// How a command gets a root and a process tree of its own.
//
// The parent prepares everything that can be prepared (ChildPlan), clones a
// child into new namespaces, maps its ids, and waits. The child builds the root,
// becomes pid 1 of the container and starts the command. All that can go wrong
// in the child comes back as one ChildFailure and becomes an Error here.
#include "run/sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/signalfd.h>
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
#include "run/overlay.hpp"
#include "run/refusal.hpp"
#include "run/remembered_owners.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// How the root becomes writable without being changed.
enum class RootMethod {
  overlay,  ///< the kernel shows `root` with the changes in `scratch` over it
  copy,     ///< where it refuses: `scratch` gets a copy of all of `root`
  chroot,   ///< the same, entered without a mount (Isolation::chroot)
};

constexpr std::array forwarded_signals = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                          SIGUSR1, SIGUSR2, SIGWINCH};

/// Blocks the signals to forward, so that they wait in line instead of ending us.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&set_);
    for (const int signal : forwarded_signals) sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  BlockedSignals(BlockedSignals&&) = delete;
  BlockedSignals& operator=(BlockedSignals&&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  const sigset_t& set() const noexcept { return set_; }
  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t set_ = {};
  sigset_t before_ = {};
};

struct Pipe {
  Fd read = {};
  Fd write = {};
};

Pipe make_pipe() {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

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

ChildPlan make_plan(const Sandbox& sandbox, RootMethod method) {
  ChildPlan plan{.root = fs::absolute(sandbox.scratch / "root").native(),
                 .mounts = method == RootMethod::chroot ? container_nodes(sandbox.working_dir)
                                                        : container_mounts(sandbox),
                 .hostname = sandbox.hostname,
                 .working_dir = sandbox.working_dir,
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
  if (!sandbox.all_capabilities) plan.filter = default_filter(default_capabilities());
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

/// What the pipe holds now; false at its end.
bool pass_output(const Fd& pipe, const Sandbox& sandbox) {
  std::array<char, 65536> buffer = {};
  while (true) {
    const ssize_t count = ::read(pipe.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 && errno == EAGAIN;
    sandbox.output({buffer.data(), static_cast<std::size_t>(count)});
  }
}

/// Hand signals and output on until the child is gone.
int wait_and_forward(Child& child, const BlockedSignals& signals, const Fd& output, const Sandbox& sandbox) {
  const Fd arriving(::signalfd(-1, &signals.set(), SFD_CLOEXEC | SFD_NONBLOCK));
  if (!arriving || !child.pidfd()) throw Error::from_errno(errno, "watch the container");
  std::array<pollfd, 3> watched = {{{child.pidfd().get(), POLLIN, 0},
                                    {arriving.get(), POLLIN, 0},
                                    {output.get(), POLLIN, 0}}};  // none is -1, which poll passes over
  while (watched[0].revents == 0) {
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) {
      throw Error::from_errno(errno, "watch the container");
    }
    signalfd_siginfo signal = {};
    if (::read(arriving.get(), &signal, sizeof signal) == sizeof signal) {
      ::kill(child.pid(), static_cast<int>(signal.ssi_signo));
    }
    if (watched[2].revents != 0 && !pass_output(output, sandbox)) watched[2].fd = -1;
  }
  const int status = child.wait();
  if (watched[2].fd >= 0) pass_output(output, sandbox);  // written right before the end
  return status;
}

/// What one try gives: the command's exit status, or what the kernel refused.
struct Outcome {
  int status = 0;
  std::optional<ChildFailure> failure = {};
};

Outcome try_to_run(const Sandbox& sandbox, ChildPlan& plan, bool in_user_namespace) {
  const BlockedSignals signals;
  Pipe go = make_pipe();
  Pipe failure = make_pipe();
  Pipe output;
  Fd no_input;
  if (sandbox.output) {
    output = make_pipe();
    if (::fcntl(output.read.get(), F_SETFL, O_NONBLOCK) != 0) throw Error::from_errno(errno, "make a pipe");
    no_input = open_file("/dev/null", O_RDONLY);
    plan.input = no_input.get();
    plan.output = output.write.get();
  }
  IdMap map;
  if (in_user_namespace) {
    map = choose_id_map(sandbox.uid, sandbox.gid);
    plan.may_set_groups = plan.may_set_groups && map.has_ranges;
  }
  Fd links;
  if (sandbox.remembers_owners) {
    links = open_file(links_of(sandbox), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    plan.links = links.get();
    plan.owner_filter = owner_call_filter();
  }
  plan.forwarded = signals.set();
  plan.inherited = signals.before();
  plan.go = go.read.get();
  plan.failure = failure.write.get();

  const long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                     (in_user_namespace ? CLONE_NEWUSER : 0) | (plan.loopback_only ? CLONE_NEWNET : 0) | SIGCHLD;
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
  output.write = Fd();
  if (in_user_namespace) apply_id_map(map, pid, sandbox.uid, sandbox.gid);
  write_all(go.write, std::as_bytes(std::span("g", 1)), "the container");
  if (const auto refused = read_failure(failure.read)) return {.failure = refused};
  return {.status = wait_and_forward(child, signals, output.read, sandbox)};
}

Isolation choose_isolation(const Sandbox& sandbox) {
  const auto available = available_isolation();
  const auto chosen = sandbox.isolation.value_or(available);
  const bool needs_mounts = chosen == Isolation::namespaces || !sandbox.mounts.empty();
  if (needs_mounts && available == Isolation::chroot) {
    throw Error(Errc::environment, "mount what the command asks for: '/' is no mount point here")
        .with_hint("leave the chroot, or make its root a mount point before entering: mount --bind <root> <root>");
  }
  if (needs_mounts && chosen == Isolation::chroot) {
    throw Error(Errc::usage, "mount what the command asks for: --isolation=chroot mounts nothing");
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
  if (sandbox.argv.empty()) throw Error(Errc::input, "run in a container: no command given");
  if (!sandbox.working_dir.starts_with('/')) {
    throw Error(Errc::input, fmt::format("run in a container: the working directory '{}' is not "
                                         "an absolute path",
                                         printable(sandbox.working_dir)));
  }
  const bool in_user_namespace = ::geteuid() != 0;
  const bool chroot_only = choose_isolation(sandbox) == Isolation::chroot;
  auto method = chroot_only ? RootMethod::chroot : RootMethod::overlay;
  ChildPlan plan = make_plan(sandbox, method);
  if (chroot_only) copy_root(sandbox);
  Outcome outcome = try_to_run(sandbox, plan, in_user_namespace);
  if (outcome.failure && outcome.failure->stage == Stage::overlay) {
    method = RootMethod::copy;
    plan = make_plan(sandbox, method);
    copy_root(sandbox);
    outcome = try_to_run(sandbox, plan, in_user_namespace);
  }
  if (outcome.failure) throw refusal(*outcome.failure, plan, sandbox, in_user_namespace);
  const bool is_copy = method != RootMethod::overlay;
  return {outcome.status, sandbox.scratch / (is_copy ? "root" : "upper"), is_copy, mount_points(plan.mounts),
          sandbox.remembers_owners ? links_of(sandbox) : fs::path()};
}

}  // namespace slipway
