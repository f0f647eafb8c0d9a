#include "container/processes.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

ino_t pid_namespace_of(pid_t pid) {
  struct stat found = {};
  return ::stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &found) == 0 ? found.st_ino : 0;
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
  // One that was not stopped yet may have started others meanwhile.
  for (bool is_new = true; is_new;) {
    is_new = false;
    for (const pid_t pid : processes_beside(first)) {
      if (std::ranges::find(stopped_, pid) != stopped_.end() || ::kill(pid, SIGSTOP) != 0) continue;
      stopped_.push_back(pid);
      is_new = true;
    }
  }
}

PausedProcesses::~PausedProcesses() {
  for (const pid_t pid : stopped_) ::kill(pid, SIGCONT);
}

}  // namespace slipway
