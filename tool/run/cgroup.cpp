// Version 2 has one tree with all controllers; a group that hands controllers on to
// groups in it may hold no processes itself, but for the root of the tree. So ours
// are made right there, which only root may do. Version 1 has a tree for each
// controller.
#include "run/cgroup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

using Limited = RefusedLimit::Kind;

const fs::path cgroup_root = "/sys/fs/cgroup";
constexpr std::uint64_t cpu_period_us = 100'000;
constexpr std::uint64_t nano_per_processor = 1'000'000'000;

struct Setting {
  std::string file = {};
  std::string value = {};
  bool optional = false;
};

/// A controller and what is written into the files of a group of it.
struct Controller {
  Limited kind = Limited::memory;
  const char* name = "";
  std::vector<Setting> unified = {};  ///< version 2
  std::vector<Setting> own = {};      ///< version 1
};

std::vector<Controller> controllers_for(const CgroupLimits& limits) {
  std::vector<Controller> all;
  if (limits.memory != 0) {
    const auto both = limits.swap != 0 ? limits.swap : 2 * limits.memory;
    const auto memory = std::to_string(limits.memory);
    // Kernels count swap only where they are told to.
    all.push_back(
        {Limited::memory,
         "memory",
         {{"memory.max", memory}, {"memory.swap.max", std::to_string(both - limits.memory), true}},
         {{"memory.limit_in_bytes", memory},
          {"memory.memsw.limit_in_bytes", std::to_string(both), true}}});
  }
  if (limits.cpu_nano != 0) {
    const auto quota = std::to_string(
        std::max<std::uint64_t>(limits.cpu_nano * cpu_period_us / nano_per_processor, 1000));
    all.push_back(
        {Limited::cpu,
         "cpu",
         {{"cpu.max", fmt::format("{} {}", quota, cpu_period_us)}},
         {{"cpu.cfs_period_us", std::to_string(cpu_period_us)}, {"cpu.cfs_quota_us", quota}}});
  }
  if (limits.processes != 0) {
    const auto most = std::to_string(limits.processes);
    all.push_back({Limited::processes, "pids", {{"pids.max", most}}, {{"pids.max", most}}});
  }
  return all;
}

std::string reason_of_refusal(int error) {
  if (error == EACCES || error == EPERM || error == EROFS)
    return "this user has no cgroup of their own";
  if (error == ENOENT) return "this machine has no such cgroup controller";
  return std::strerror(error);
}

/// errno, or 0.
int write_setting(const fs::path& file, const std::string& value) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  return ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size())
             ? 0
             : errno;
}

bool is_unified() { return lstat_file(cgroup_root / "cgroup.controllers").has_value(); }

fs::path tree_of(const Controller& controller) {
  return is_unified() ? cgroup_root : cgroup_root / controller.name;
}

/// Make the group of that name, with the controller's limits; errno, or 0.
int make_group(const Controller& controller, const fs::path& folder) {
  const bool unified = is_unified();
  if (!lstat_file(folder.parent_path())) return ENOENT;
  if (unified) {
    const int error = write_setting(folder.parent_path() / "cgroup.subtree_control",
                                    fmt::format("+{}", controller.name));
    if (error != 0) return error;
  }
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return errno;
  for (const auto& [file, value, optional] : unified ? controller.unified : controller.own) {
    const int error = write_setting(folder / file, value);
    if (error != 0 && !optional) return error;
  }
  return 0;
}

/// Where a group of that name may be.
std::vector<fs::path> folders_of(const std::string& name) {
  if (is_unified()) return {cgroup_root / name};
  std::vector<fs::path> folders;
  for (const char* controller : {"memory", "cpu", "pids"})
    folders.push_back(cgroup_root / controller / name);
  return folders;
}

/// The groups that this process is in, one a tree: where runtimes make theirs.
std::vector<fs::path> own_groups() {
  std::vector<fs::path> groups;
  for (const auto& line : split(read_file_if_exists("/proc/self/cgroup").value_or(""), '\n')) {
    const auto fields = split(line, ':');  // number, controllers, path
    if (fields.size() < 3) continue;
    const auto path = fs::path(fields[2]).relative_path();
    if (fields[1].empty()) {
      groups.push_back((is_unified() ? cgroup_root : cgroup_root / "unified") / path);
    } else {
      const auto name = fields[1].starts_with("name=") ? fields[1].substr(5) : fields[1];
      groups.push_back(cgroup_root / name / path);
    }
  }
  return groups;
}

std::vector<fs::path> subfolders(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory(error)) found.push_back(entry->path());
  }
  return found;
}

/// A last process may still be on its way out.
void remove_groups(const std::vector<fs::path>& folders) {
  constexpr int most_tries = 100;
  for (const auto& folder : folders) {
    for (int tries = 0; ::rmdir(folder.c_str()) != 0 && errno == EBUSY && tries < most_tries;
         ++tries)
      ::usleep(1000);
  }
}

}  // namespace

std::vector<RefusedLimit> refused_limits(const CgroupLimits& limits) {
  std::vector<RefusedLimit> refused;
  for (const auto& controller : controllers_for(limits)) {
    const auto folder = tree_of(controller) / fmt::format("slipway-try-{}", ::getpid());
    const int error = make_group(controller, folder);
    ::rmdir(folder.c_str());
    if (error != 0) refused.push_back({controller.kind, reason_of_refusal(error)});
  }
  return refused;
}

Cgroup::Cgroup(const std::string& name, const CgroupLimits& limits) {
  for (const auto& controller : controllers_for(limits)) {
    const auto folder = tree_of(controller) / name;
    const bool is_new = std::ranges::find(made_, folder) == made_.end();
    if (is_new) made_.push_back(folder);
    if (const int error = make_group(controller, folder)) {
      remove_groups(made_);
      throw Error(Errc::environment, fmt::format("limit the container's {}: {}", controller.name,
                                                 reason_of_refusal(error)));
    }
    if (is_new) open(folder);
  }
}

Cgroup::Cgroup(const std::string& name) {
  if (name.empty()) return;
  for (const auto& folder : folders_of(name)) open(folder);
}

Cgroup::~Cgroup() { remove_groups(made_); }

void Cgroup::open(const fs::path& folder) {
  const auto file = folder / "cgroup.procs";
  if (lstat_file(file)) members_.push_back(open_file(file, O_WRONLY));
}

void remove_cgroup(const std::string& name) noexcept { remove_groups(folders_of(name)); }

void remove_left_cgroups(std::string_view prefix) {
  for (const auto& parent : own_groups()) {
    for (const auto& group : subfolders(parent)) {
      const auto name = group.filename().native();
      if (!name.starts_with(prefix)) continue;
      const auto process = parse_integer(std::string_view(name).substr(prefix.size()));
      const bool is_gone =
          process && ::kill(static_cast<pid_t>(*process), 0) != 0 && errno == ESRCH;
      if (is_gone) ::rmdir(group.c_str());
    }
  }
}

void Cgroup::add(pid_t process) const {
  const auto number = std::to_string(process);
  for (const auto& members : members_) {
    if (::write(members.get(), number.data(), number.size()) < 0)
      throw Error::from_errno(errno, "put the command into the container's cgroup");
  }
}

}  // namespace slipway
