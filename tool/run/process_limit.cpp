// A cgroup would be the usual way (pids.max). An ordinary user rarely has one to
// give away, and moving a process into one waits for all CPUs: 10 to 20 ms, as
// much as all the rest of a short command. Since Linux 6.14 a pid namespace has a
// kernel.pid_max of its own: one write. In a user namespace RLIMIT_NPROC counts
// the processes in there alone (Linux 5.14).
#include "run/process_limit.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/file.hpp"
#include "base/text.hpp"
#include "run/kernel_release.hpp"

namespace slipway {
namespace {

constexpr const char* pid_max_file = "/proc/sys/kernel/pid_max";
constexpr KernelRelease first_with_own_pid_max = {6, 14};

/// The kernel takes no smaller kernel.pid_max: numbers up to 300 are given out once.
constexpr std::uint64_t least_pid_max = 301;

/// As systemd has it for a service, with something to live on for small machines.
constexpr std::uint64_t part_of_machine_percent = 15;
constexpr std::uint64_t least_default = 1024;

std::uint64_t read_setting(const char* path) {
  const auto text = read_file_if_exists(path);
  const auto number = text ? parse_integer(trim(*text)) : std::nullopt;
  return number && *number > 0 ? static_cast<std::uint64_t>(*number)
                               : std::numeric_limits<std::int32_t>::max();
}

std::uint64_t default_limit() {
  const auto whole =
      std::min(read_setting(pid_max_file), read_setting("/proc/sys/kernel/threads-max"));
  return std::max(whole * part_of_machine_percent / 100, least_default);
}

/// Never above what holds for us already.
ResourceLimit limit_of_user(std::uint64_t most) {
  rlimit own = {RLIM_INFINITY, RLIM_INFINITY};
  ::getrlimit(RLIMIT_NPROC, &own);
  return {"nproc", std::min<std::uint64_t>(most, own.rlim_cur),
          std::min<std::uint64_t>(most, own.rlim_max)};
}

}  // namespace

ProcessLimit choose_process_limit(std::span<const ResourceLimit> limits) {
  const auto wanted = std::ranges::find(limits, "nproc", &ResourceLimit::name);
  ProcessLimit limit;
  limit.most = wanted != limits.end() ? wanted->hard : default_limit();
  limit.of_namespace = limit.most != ResourceLimit::none &&
                       parse_kernel_release(kernel_release_text()) >= first_with_own_pid_max;
  if (wanted == limits.end()) limit.of_user = limit_of_user(limit.most);
  return limit;
}

bool limit_pid_namespace(const ProcessLimit& limit) noexcept {
  if (!limit.of_namespace) return false;  // in an older kernel it is the machine's
  char text[std::numeric_limits<std::uint64_t>::digits10 + 1] = {};
  const auto end = std::to_chars(text, text + sizeof text, std::max(limit.most, least_pid_max)).ptr;
  const int file = ::open(pid_max_file, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::write(file, text, static_cast<std::size_t>(end - text)) == end - text;
  ::close(file);
  return done;
}

}  // namespace slipway
