#include "container/lifecycle.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/rootfs.hpp"
#include "build/trees.hpp"
#include "container/attach.hpp"
#include "container/child_process.hpp"
#include "container/log.hpp"
#include "container/signals.hpp"
#include "run/sandbox.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

using Phase = ContainerState::Phase;

constexpr useconds_t look_again_after = 10'000;

/// Who reads us may have gone away; the container and its log go on.
void write_us(int stream, std::string_view text) {
  try {
    write_all(Fd(::fcntl(stream, F_DUPFD_CLOEXEC, 3)), std::as_bytes(std::span(text)),
              "the output");
  } catch (const Error&) {
    // As said.
  }
}

fs::path write_hosts(const Container& container) {
  const auto& spec = container.spec();
  std::string text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
  if (spec.network == Network::host) text = read_file_if_exists("/etc/hosts").value_or(text);
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (!spec.hostname.empty()) text += fmt::format("127.0.0.1\t{}\n", spec.hostname);
  for (const auto& host : spec.conditions.hosts)
    text += fmt::format("{}\t{}\n", host.address, host.name);
  const auto path = container.folder() / "hosts";
  write_file_if_changed(path, text);
  return path;
}

Sandbox sandbox_of(const Container& container, const Store& store, Rights rights) {
  const auto& spec = container.spec();
  const auto layers = layers_of(image_of(container, store));
  const auto rootfs = open_rootfs(layers, store, rights);
  Sandbox sandbox;
  sandbox.trees = rootfs.trees;
  sandbox.copy_trees = [layers, &store, rights](const fs::path& root) {
    unpack_layers(layers, store, root, rights);
  };
  sandbox.scratch = container.changes();
  sandbox.has_copy = container.state().is_copy;
  sandbox.argv = spec.argv;
  sandbox.env = spec.env;
  sandbox.working_dir = spec.working_dir;
  sandbox.uid = spec.uid;
  sandbox.gid = spec.gid;
  sandbox.groups = spec.groups;
  sandbox.hostname = spec.hostname;
  sandbox.hosts_file = write_hosts(container);
  sandbox.hosts_target = '/' + rootfs.view.resolve("etc/hosts", true).path;
  sandbox.resolv_conf_target = '/' + rootfs.view.resolve("etc/resolv.conf", true).path;
  sandbox.mounts = spec.mounts;
  sandbox.mounts.insert(sandbox.mounts.end(), spec.devices.begin(), spec.devices.end());
  sandbox.cgroup_limits = spec.cgroup_limits;
  sandbox.cgroup = spec.cgroup();
  sandbox.network = spec.network;
  sandbox.limits = spec.conditions.limits;
  sandbox.isolation = spec.conditions.isolation;
  sandbox.shm_size = spec.conditions.shm_size;
  sandbox.remembers_owners = rights == Rights::single_id;
  sandbox.may_gain_privileges = spec.may_gain_privileges;
  sandbox.capabilities = spec.capabilities;
  sandbox.all_capabilities = spec.is_privileged;
  sandbox.filters_calls = spec.filters_calls;
  sandbox.read_only_root = spec.read_only_root;
  sandbox.terminal = spec.terminal;
  return sandbox;
}

/// Runs a container and keeps its state. There is one at a time: it has the lock.
class Supervisor {
 public:
  Supervisor(const Container& container, const Store& store)
      : container_(container), store_(store), alive_(take_over()), rights_(become_root()) {}

  /// `started` is called once the command runs, `ended` when it has ended and nobody
  /// knows yet.
  int run(Sandbox sandbox, const std::function<void()>& started,
          const std::function<void(int status)>& ended) {
    sandbox.started = [&](const Started& what) {
      state_.pid = what.pid;
      state_.is_copy = what.is_copy;
      state_.mount_points = what.mount_points;
      container_.write_state(state_);
      started();
    };
    try {
      state_.exit_code = slipway::run(sandbox).status;
      ended(state_.exit_code);
    } catch (const Error& error) {
      state_.error = error.what();
      state_.exit_code = error.code() == Errc::no_program    ? 127
                         : error.code() == Errc::bad_program ? 126
                                                             : 128;
      end();
      throw;
    }
    end();
    return state_.exit_code;
  }

  Sandbox sandbox() const { return sandbox_of(container_, store_, rights_); }

 private:
  FileLock take_over() {
    while (true) {
      if (auto lock = try_to_take_over()) return std::move(*lock);
      ::usleep(look_again_after);
    }
  }

  /// nullopt: the last supervisor is not gone yet. It may need the guard to remove the
  /// container, so we do not wait with that in our hands.
  std::optional<FileLock> try_to_take_over() {
    const auto guard = container_.guard();
    state_ = container_.state();
    if (state_.phase == Phase::running) {
      throw Error(Errc::input,
                  fmt::format("start container '{}': it runs already", container_.spec().name));
    }
    auto lock = container_.try_to_supervise();
    if (!lock) return std::nullopt;
    say_status("");
    state_.phase = Phase::running;
    state_.pid = 0;
    state_.started = rfc3339_now();
    state_.error.clear();
    container_.write_state(state_);
    return lock;
  }

  void end() {
    state_.phase = Phase::exited;
    state_.pid = 0;
    state_.finished = rfc3339_now();
    try {
      say_status(std::to_string(state_.exit_code));
      container_.write_state(state_);
    } catch (const Error&) {
      // On a full disk it looks like one whose supervisor was killed; who waits for the
      // command here has its status all the same.
    }
    if (container_.spec().auto_remove) remove_at_end(container_, store_);
  }

  /// For who waits: state.json is replaced by another file and soon gone, this one can
  /// be held open.
  void say_status(std::string_view text) const {
    write_all(open_file(container_.folder() / "alive", O_WRONLY | O_TRUNC),
              std::as_bytes(std::span(text)), "the exit status");
  }

  const Container& container_;
  const Store& store_;
  ContainerState state_ = {};
  FileLock alive_;
  Rights rights_;
};

/// In the process that is left behind.
void supervise_detached(const Container& container, const Store& store,
                        const std::function<void()>& started) {
  Supervisor supervisor(container, store);
  auto sandbox = supervisor.sandbox();
  LogWriter log(container.log());
  AttachServer visitors(container);
  sandbox.visitors = &visitors;
  sandbox.input =
      container.spec().interactive && !container.spec().terminal ? Input::held : Input::none;
  sandbox.output = [&](std::string_view text) {
    log.write_output(text);
    visitors.show_output(text);
  };
  sandbox.errors = [&](std::string_view text) {
    log.write_errors(text);
    visitors.show_errors(text);
  };
  supervisor.run(std::move(sandbox), started, [&](int status) {
    log.finish();
    visitors.finish(status);
  });
}

Error was_removed(const Container& container) {
  return {Errc::input,
          fmt::format("wait for container '{}': it was removed", container.spec().name)};
}

/// By a supervisor, before it removed the container. One that was killed says nothing.
int status_said_in(const Fd& alive) {
  std::array<char, 16> text = {};
  const auto size = read_some(alive, std::as_writable_bytes(std::span(text)), "the exit status");
  constexpr int of_killed = 128 + SIGKILL;
  return static_cast<int>(parse_integer({text.data(), size}).value_or(of_killed));
}

/// False for one that does not run.
bool send_signal(const Container& container, int signal) {
  const auto state = container.state();
  if (state.phase != Phase::running || state.pid == 0) return false;
  if (::kill(state.pid, signal) == 0) return true;
  if (errno == ESRCH) return false;
  throw Error::from_errno(errno,
                          fmt::format("send a signal to container '{}'", container.spec().name));
}

}  // namespace

int run_attached(const Container& container, const Attachment& attachment, const Store& store) {
  Supervisor supervisor(container, store);
  auto sandbox = supervisor.sandbox();
  sandbox.input = attachment.input ? Input::ours : Input::none;
  if (!attachment.is_logged)
    return supervisor.run(
        std::move(sandbox), [] {}, [](int) {});
  LogWriter log(container.log());
  std::signal(SIGPIPE, SIG_IGN);
  sandbox.output = [&](std::string_view text) {
    log.write_output(text);
    write_us(STDOUT_FILENO, text);
  };
  sandbox.errors = [&](std::string_view text) {
    log.write_errors(text);
    write_us(STDERR_FILENO, text);
  };
  return supervisor.run(
      std::move(sandbox), [] {}, [&](int) { log.finish(); });
}

void start_detached(const Container& container, const Store& store) {
  (void)become_root();
  leave_behind([&](const auto& started) { supervise_detached(container, store, started); });
}

void signal_container(const Container& container, int signal) {
  if (send_signal(container, signal)) return;
  throw Error(Errc::input, fmt::format("send a signal to container '{}': it does not run",
                                       container.spec().name));
}

void stop_container(const Container& container, std::int64_t timeout) {
  const auto& wanted = container.spec().stop_signal;
  const int signal = wanted.empty() ? SIGTERM : parse_signal(wanted);
  // One that is starting has no process yet.
  while (!send_signal(container, signal)) {
    if (!container.is_running()) return;
    ::usleep(look_again_after);
  }
  const auto tries = timeout * 1'000'000 / look_again_after;
  for (std::int64_t i = 0; timeout < 0 || i < tries; ++i) {
    if (!container.is_running()) return;
    ::usleep(look_again_after);
  }
  kill_container(container);
}

void restart_container(const Container& container, std::int64_t timeout, const Store& store) {
  {
    const auto kept = container.keep();
    stop_container(container, timeout);
    start_detached(container, store);
  }
  remove_if_left(container, store);  // it may have ended before we let go of it
}

void kill_container(const Container& container) {
  // Once each: when it has ended its number may become another's.
  pid_t killed = 0;
  for (auto state = container.state(); state.phase == Phase::running; state = container.state()) {
    if (state.pid != killed) (void)send_signal(container, SIGKILL);
    killed = state.pid;
    ::usleep(look_again_after);
  }
}

int wait_for(const Container& container) {
  const Fd alive(
      ::open((container.folder() / "alive").c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!alive && !lstat_file(container.folder())) throw was_removed(container);
  auto state = container.state();
  while (state.phase == Phase::running && lstat_file(container.folder())) {
    ::usleep(look_again_after);
    state = container.state();
  }
  const bool is_gone = state.phase == Phase::running || !lstat_file(container.folder());
  return is_gone && alive ? status_said_in(alive) : state.exit_code;
}

}  // namespace slipway
