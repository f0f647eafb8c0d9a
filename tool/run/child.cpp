#include "run/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "run/capabilities.hpp"
#include "run/remembered_owners.hpp"

namespace slipway {
namespace {

[[noreturn]] void fail(const ChildPlan& plan, Stage stage, int error, std::size_t index = 0) {
  const ChildFailure failure{stage, error, static_cast<std::uint32_t>(index)};
  // Nobody is left to tell when this fails.
  [[maybe_unused]] const ssize_t written = ::write(plan.failure, &failure, sizeof failure);
  ::_exit(127);
}

void require(const ChildPlan& plan, Stage stage, bool done) {
  if (!done) fail(plan, stage, errno);
}

/// Until our ids are mapped we can do nothing. No byte but the end of the pipe
/// means that the parent died, and its death signal may have been missed.
void wait_for_parent(const ChildPlan& plan) {
  require(plan, Stage::wait_for_parent, ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  char byte = 0;
  if (::read(plan.go, &byte, 1) != 1) ::_exit(127);
}

void mount_root(const ChildPlan& plan) {
  const char* root = plan.root.c_str();
  require(plan, Stage::private_mounts,
          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  if (plan.overlay.text.empty()) {
    require(plan, Stage::bind_root, ::mount(root, root, nullptr, MS_BIND | MS_REC, nullptr) == 0);
  } else if (const int error = mount_overlay(plan.overlay, root)) {
    fail(plan, Stage::overlay, error);
  }
}

/// Nothing is mounted here: in a chroot the mount beneath "/" can be shared
/// with the machine's own namespace, and it could not be made private.
void change_root(const ChildPlan& plan) {
  require(plan, Stage::change_root, ::chroot(plan.root.c_str()) == 0 && ::chdir("/") == 0);
  ::umask(0);
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    if (const int error = furnish(plan.mounts[i])) fail(plan, Stage::furnish, error, i);
  }
  ::umask(022);
}

/// The root alone: what is mounted on it stays as it is.
bool make_root_read_only() {
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return ::mount_setattr(AT_FDCWD, "/", 0, &attributes, sizeof attributes) == 0;
}

/// See mounts.cpp for why in this order. pivot_root(".", ".") stacks the old
/// root on the new one, and the directory that we are in is the old one.
void enter_root(ChildPlan& plan) {
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    if (const int error = detach(plan.mounts[i])) fail(plan, Stage::take_host_file, error, i);
  }
  require(plan, Stage::pivot,
          ::chdir(plan.root.c_str()) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0);
  require(plan, Stage::leave_host_root, ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0);
  ::umask(0);
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    if (const int error = furnish(plan.mounts[i])) fail(plan, Stage::furnish, error, i);
  }
  ::umask(022);
  if (plan.read_only_root) require(plan, Stage::read_only_root, make_root_read_only());
}

/// Filters of both kinds take the rights of root, so before those are dropped.
/// Pid 1 fetches the listener out of this process, and then it closes here.
void let_pid_1_listen(const ChildPlan& plan, int channel) {
  if (plan.owner_filter.empty()) return;
  const int listener = listen_to_calls(plan.owner_filter);
  require(plan, Stage::listen, listener >= 0);
  char fetched = 0;
  const bool told = ::write(channel, &listener, sizeof listener) == sizeof listener &&
                    ::read(channel, &fetched, 1) == 1;
  require(plan, Stage::listen, told);
  ::close(listener);
}

void take_groups(const ChildPlan& plan) {
  const gid_t gid = plan.gid;
  if (plan.may_set_groups) {
    require(plan, Stage::groups,
            ::syscall(SYS_setgroups, plan.groups.size(), plan.groups.data()) == 0);
  }
  require(plan, Stage::group, ::syscall(SYS_setresgid, gid, gid, gid) == 0);
}

/// By number, as all that glibc would take a lock for: threads that are not
/// here with us may have held it. Everything goes but the default capabilities
/// of Docker. The filter comes first: it takes the rights of root, and lets
/// through all that is called here.
void drop_privileges(const ChildPlan& plan, int channel) {
  if (!plan.filter.empty()) {
    if (const int error = apply_filter(plan.filter)) fail(plan, Stage::filter, error);
  }
  let_pid_1_listen(plan, channel);
  const bool is_one_id = !plan.owner_filter.empty();
  if (!is_one_id) take_groups(plan);
  if (!plan.all_capabilities)
    require(plan, Stage::bounding_set, limit_bounding_set(plan.capabilities));
  if (!is_one_id)
    require(plan, Stage::user, ::syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid) == 0);
  if (!plan.all_capabilities)
    require(plan, Stage::capabilities,
            keep_capabilities(is_one_id || plan.uid == 0 ? plan.capabilities : 0));
  if (plan.may_gain_privileges) return;
  require(plan, Stage::no_new_privileges, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

/// As execvp: what is not there is passed over, what may not be run is
/// remembered.
[[noreturn]] void execute(const ChildPlan& plan) {
  int error = ENOENT;
  for (const std::string& program : plan.programs) {
    ::execve(program.c_str(), const_cast<char* const*>(plan.argv.data()),
             const_cast<char* const*>(plan.env.data()));
    if (errno == ENOENT || errno == ENOTDIR) continue;
    error = errno;
    if (error != EACCES) break;
  }
  fail(plan, Stage::execute, error);
}

/// The kernel makes "lo" in a new network namespace, but leaves it down.
bool bring_loopback_up() {
  const int handle = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  ifreq request = {.ifr_ifrn = {"lo"}, .ifr_ifru = {}};
  const bool known = ::ioctl(handle, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  const bool up = known && ::ioctl(handle, SIOCSIFFLAGS, &request) == 0;
  ::close(handle);
  return up;
}

bool take_stream(int given, int number) { return given < 0 || ::dup2(given, number) >= 0; }

bool take_streams(const ChildPlan& plan) {
  return take_stream(plan.input, STDIN_FILENO) && take_stream(plan.output, STDOUT_FILENO) &&
         take_stream(plan.errors, STDERR_FILENO);
}

bool send_file(int socket, int file) {
  char byte = 't';
  iovec data = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof file);
  __builtin_memcpy(CMSG_DATA(header), &file, sizeof file);
  return ::sendmsg(socket, &message, 0) == 1;
}

/// A terminal of the container's own devpts, so that the command finds it by name; of
/// the machine's for a runtime, which hands it on.
/// By ioctl(2): glibc's openpty() and its kin allocate.
bool take_terminal(const ChildPlan& plan) {
  const char* const maker = plan.runtime.empty() ? "/dev/pts/ptmx" : "/dev/ptmx";
  const int master = ::open(maker, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return false;
  int locked = 0;
  if (::ioctl(master, TIOCSPTLCK, &locked) != 0) return false;
  const int slave = ::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return false;
  (void)::ioctl(slave, TIOCSWINSZ, &plan.window);
  (void)::fchown(slave, plan.uid,
                 static_cast<gid_t>(-1));  // where there is one id it is its own already
  ::setsid();
  const bool is_ours = ::ioctl(slave, TIOCSCTTY, 0) == 0 && ::dup2(slave, STDIN_FILENO) >= 0 &&
                       ::dup2(slave, STDOUT_FILENO) >= 0 && ::dup2(slave, STDERR_FILENO) >= 0;
  return is_ours && send_file(plan.terminal, master);
}

/// What the runtime needs of us: the root, what mounts are made of, and a /proc of the
/// pid namespace that it is in.
void make_stage(ChildPlan& plan) {
  mount_root(plan);
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    if (!is_staged(plan.mounts[i])) continue;
    if (const int error = detach(plan.mounts[i])) fail(plan, Stage::take_host_file, error, i);
  }
  require(plan, Stage::runtime_proc, ::mount("proc", "/proc", "proc", 0, nullptr) == 0);
  if (plan.loopback_only) require(plan, Stage::loopback, bring_loopback_up());
}

/// What a shell ignores for what it runs in the background, a container does not.
void restore_signals() {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void start_runtime(const ChildPlan& plan) {
  restore_signals();
  const char* const environment[] = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
  ::execve(plan.runtime.front(), const_cast<char* const*>(plan.runtime.data()),
           const_cast<char* const*>(environment));
  fail(plan, Stage::runtime, errno);
}

[[noreturn]] void run_command(const ChildPlan& plan, int channel, bool are_processes_limited) {
  if (plan.terminal >= 0) {
    require(plan, Stage::terminal, take_terminal(plan));
  } else {
    require(plan, Stage::streams, take_streams(plan));
  }
  // Nothing of ours and nothing that was left open before us goes in.
  require(plan, Stage::close_files, ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0);
  if (!plan.runtime.empty()) start_runtime(plan);
  for (std::size_t i = 0; i < plan.limits.size(); ++i) {
    if (const int error = set_limit(plan.limits[i])) fail(plan, Stage::limits, error, i);
  }
  // An attempt: it is there for commands that run wild, and nobody asked for it.
  if (!are_processes_limited && plan.process_limit.of_user)
    (void)set_limit(*plan.process_limit.of_user);
  // As a privileged user: an image may send a user to a folder of root's.
  require(plan, Stage::working_dir, ::chdir(plan.working_dir.c_str()) == 0);
  ::umask(022);  // inside a container's namespaces it is still the user's
  drop_privileges(plan, channel);
  restore_signals();
  execute(plan);
}

int exit_status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/// Ends this process with the command's status when that has ended.
void reap_dead(pid_t command) {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == command) ::_exit(exit_status_of(status));
  }
}

/// All: the kernel drops those that pid 1 does not wait for.
sigset_t every_signal() {
  sigset_t all;
  ::sigfillset(&all);
  return all;
}

/// Pid 1: the parent of all orphans. When it exits the kernel kills the rest.
[[noreturn]] void reap(pid_t command) {
  const sigset_t awaited = every_signal();
  while (true) {
    reap_dead(command);
    const int signal = ::sigwaitinfo(&awaited, nullptr);
    if (signal > 0 && signal != SIGCHLD) ::kill(command, signal);
  }
}

/// The command's descriptor, as one of ours. -1 when it died before.
int fetch_listener(pid_t command, int channel) {
  int number = -1;
  if (::read(channel, &number, sizeof number) != sizeof number) return -1;
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, command, 0));
  const int listener = static_cast<int>(::syscall(SYS_pidfd_getfd, process, number, 0));
  ::close(process);
  return listener >= 0 && ::write(channel, "f", 1) == 1 ? listener : -1;
}

Identity first_identity(const ChildPlan& plan) {
  Identity identity;
  identity.users = {plan.uid, plan.uid, plan.uid, plan.uid};
  identity.groups = {plan.gid, plan.gid, plan.gid, plan.gid};
  for (const gid_t group : plan.groups) {
    if (identity.other_count < Identity::most_groups)
      identity.others[identity.other_count++] = group;
  }
  return identity;
}

/// Reaps, and answers for owners.
[[noreturn]] void reap_and_answer(const ChildPlan& plan, pid_t command, int listener) {
  const sigset_t awaited = every_signal();
  const int signals = ::signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
  RememberedOwners owners(first_identity(plan), plan.links);
  pollfd watched[] = {{signals, POLLIN, 0}, {listener, POLLIN, 0}};
  while (true) {
    reap_dead(command);
    if (::poll(watched, 2, -1) < 0) continue;
    signalfd_siginfo signal = {};
    while (::read(signals, &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo != SIGCHLD) ::kill(command, static_cast<int>(signal.ssi_signo));
    }
    if ((watched[1].revents & POLLIN) != 0 && owners.answer(listener)) continue;
    if (watched[1].revents != 0) watched[1].fd = -1;  // nobody is left who could call
  }
}

/// Of what was open before.
void close_all_but(int one, int other) {
  const int low = one < other ? one : other;
  const int high = one < other ? other : one;
  unsigned first = 3;
  for (const int kept : {low, high}) {
    if (kept < 0) continue;
    if (static_cast<unsigned>(kept) > first)
      ::close_range(first, static_cast<unsigned>(kept) - 1, 0);
    first = static_cast<unsigned>(kept) + 1;
  }
  ::close_range(first, ~0U, 0);
}

void make_root(ChildPlan& plan) {
  if (!plan.runtime.empty()) return make_stage(plan);
  if (plan.chroot_only) {
    change_root(plan);
  } else {
    mount_root(plan);
    enter_root(plan);
  }
  require(plan, Stage::hostname, ::sethostname(plan.hostname.c_str(), plan.hostname.size()) == 0);
  if (plan.loopback_only) require(plan, Stage::loopback, bring_loopback_up());
}

}  // namespace

void run_child(ChildPlan& plan) noexcept {
  const sigset_t blocked = every_signal();
  ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, it would reap before we see it
  wait_for_parent(plan);
  // Who joins a container is under its limit.
  const bool are_processes_limited = plan.is_inside || limit_pid_namespace(plan.process_limit);
  if (!plan.is_inside) make_root(plan);
  // Out of the terminal's session: its signals come once, through our parent,
  // and the command cannot push input into it.
  ::setsid();
  int channel[2] = {-1, -1};
  if (!plan.owner_filter.empty()) {
    require(plan, Stage::listen,
            ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0);
  }
  const auto command = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  require(plan, Stage::fork, command >= 0);
  if (command == 0) run_command(plan, channel[1], are_processes_limited);
  ::close(channel[1]);
  const int listener = plan.owner_filter.empty() ? -1 : fetch_listener(command, channel[0]);
  // The command's end of the failure pipe must be the last one.
  close_all_but(listener, plan.links);
  if (listener < 0) reap(command);
  reap_and_answer(plan, command, listener);
}

}  // namespace slipway
