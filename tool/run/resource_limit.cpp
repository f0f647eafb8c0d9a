#include "run/resource_limit.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace slipway {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 16> resources = {{
    {"as", RLIMIT_AS},
    {"core", RLIMIT_CORE},
    {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},
    {"fsize", RLIMIT_FSIZE},
    {"locks", RLIMIT_LOCKS},
    {"memlock", RLIMIT_MEMLOCK},
    {"msgqueue", RLIMIT_MSGQUEUE},
    {"nice", RLIMIT_NICE},
    {"nofile", RLIMIT_NOFILE},
    {"nproc", RLIMIT_NPROC},
    {"rss", RLIMIT_RSS},
    {"rtprio", RLIMIT_RTPRIO},
    {"rttime", RLIMIT_RTTIME},
    {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK},
}};

int number_of(std::string_view name) noexcept {
  const auto* found = std::ranges::find(resources, name, &std::pair<std::string_view, int>::first);
  return found == resources.end() ? -1 : found->second;
}

}  // namespace

std::vector<std::string> resource_names() {
  std::vector<std::string> names;
  for (const auto& [name, number] : resources) names.emplace_back(name);
  return names;
}

bool is_resource_name(std::string_view name) { return number_of(name) >= 0; }

int set_limit(const ResourceLimit& limit) noexcept {
  const int number = number_of(limit.name);
  if (number < 0) return EINVAL;
  // By number: glibc and others have other types for the resource.
  const rlimit64 values = {limit.soft, limit.hard};
  return ::syscall(SYS_prlimit64, 0, number, &values, nullptr) == 0 ? 0 : errno;
}

}  // namespace slipway
