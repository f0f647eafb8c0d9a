#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace slipway {

/// What a command and all that it starts may use together; 0: as much as there is.
struct CgroupLimits {
  std::uint64_t memory = 0;    ///< bytes
  std::uint64_t swap = 0;      ///< bytes of memory and swap together; 0: twice the memory
  std::uint64_t cpu_nano = 0;  ///< billionths of a processor
  std::uint64_t processes = 0;

  bool has_any() const { return memory != 0 || cpu_nano != 0 || processes != 0; }
};

/// A limit that this machine cannot set, or not for this user.
struct RefusedLimit {
  enum class Kind { memory, cpu, processes };
  Kind kind = Kind::memory;
  std::string reason = {};
};

/// Which of the limits cannot be had here. Makes a cgroup to see, and removes it.
std::vector<RefusedLimit> refused_limits(const CgroupLimits& limits);

/// A control group of the kernel's (version 2, or one for each controller of version
/// 1) with limits.
class Cgroup {
 public:
  /// A new one, removed at the end; none, for no limits. Throws Errc::environment where
  /// the kernel refuses one.
  Cgroup(const std::string& name, const CgroupLimits& limits);
  /// The one that another process made, if there is one of that name.
  explicit Cgroup(const std::string& name);
  Cgroup(Cgroup&&) = delete;
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();

  /// The process, and what it starts from now on. Throws Errc::environment.
  void add(pid_t process) const;

 private:
  void open(const std::filesystem::path& folder);

  std::vector<std::filesystem::path> made_ = {};
  std::vector<Fd> members_ = {};  ///< their cgroup.procs: names may lead elsewhere later
};

/// What a process that was killed left of the group of that name.
void remove_cgroup(const std::string& name) noexcept;

/// The same of all groups in our own that are named `prefix` and the number of a
/// process that is gone. One that holds processes stays.
void remove_left_cgroups(std::string_view prefix);

}  // namespace slipway
