#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "run/resource_limit.hpp"

namespace slipway {

/// How many processes and threads a command may have at a time, so that one that
/// forks without end does not take the machine with it.
struct ProcessLimit {
  std::uint64_t most = ResourceLimit::none;
  bool of_namespace = false;  ///< the kernel counts a pid namespace's own (Linux 6.14)
  /// What there is elsewhere, where no `nproc` was asked for. It does not hold the
  /// machine's root.
  std::optional<ResourceLimit> of_user = {};
};

/// The hard limit `nproc` of `limits` where there is one, else a part of what
/// the machine can have.
ProcessLimit choose_process_limit(std::span<const ResourceLimit> limits);

/// For the first process of a pid namespace, while it sees the host's /proc.
/// False where that cannot be limited. Allocates nothing.
bool limit_pid_namespace(const ProcessLimit& limit) noexcept;

}  // namespace slipway
