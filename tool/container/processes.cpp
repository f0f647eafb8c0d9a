#include "container/processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

ino_t pid_namespace_of(pid_t pid) {
  struct stat found = {};
  return ::stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &found) == 0 ? found.st_ino : 0;
}

/// With all signals blocked: what ends us must not reach a process before it is on its own.
pid_t fork_watcher() {
  sigset_t all = {};
  sigset_t before = {};
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t child = ::fork();
  if (child != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return child;
}

/// May not hold what we have open: who reads that waits for its end.
[[noreturn]] void watch_over_stopped(int pipe) {
  ::setsid();
  if (pipe > 0) ::close_range(0, static_cast<unsigned>(pipe) - 1, 0);
  ::close_range(static_cast<unsigned>(pipe) + 1, ~0U, 0);
  std::vector<pid_t> stopped;
  for (pid_t pid = 0; ::read(pipe, &pid, sizeof pid) == sizeof pid;) stopped.push_back(pid);
  for (const pid_t pid : stopped) ::kill(pid, SIGCONT);
  ::_exit(0);
}

}  // namespace

std::vector<pid_t> processes_beside(pid_t first) {
  std::vector<pid_t> processes;
  const auto wanted = pid_namespace_of(first);
  if (wanted == 0) return processes;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const auto number = parse_integer(it->path().filename().native());
    if (!number || *number == first) continue;
    const auto pid = static_cast<pid_t>(*number);
    if (pid_namespace_of(pid) == wanted) processes.push_back(pid);
  }
  return processes;
}

PausedProcesses::PausedProcesses(pid_t first) {
  if (first == 0) return;
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "make a pipe");
  const Fd read_end(ends[0]);
  told_ = Fd(ends[1]);
  watcher_ = fork_watcher();
  if (watcher_ < 0) throw Error::from_errno(errno, "start a process");
  if (watcher_ == 0) watch_over_stopped(read_end.get());
  stop_all(first);
}

void PausedProcesses::stop_all(pid_t first) {
  std::vector<pid_t> seen;
  // One that was not stopped yet may have started others meanwhile.
  for (bool is_new = true; is_new;) {
    is_new = false;
    for (const pid_t pid : processes_beside(first)) {
      if (std::ranges::find(seen, pid) != seen.end()) continue;
      seen.push_back(pid);
      // Told first: we may be killed in between.
      if (::write(told_.get(), &pid, sizeof pid) == sizeof pid && ::kill(pid, SIGSTOP) == 0)
        is_new = true;
    }
  }
}

PausedProcesses::~PausedProcesses() {
  told_ = Fd();
  while (watcher_ != 0 && ::waitpid(watcher_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace slipway
