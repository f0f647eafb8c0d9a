#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace slipway {

/// A program for the kernel that looks at each system call (seccomp(2)).
using SystemCallFilter = std::vector<sock_filter>;

/// Docker's default profile for a container that may use `capabilities` (a bit
/// each): what it does not know is refused with EPERM. Throws
/// Errc::environment where libseccomp can make no filter for this machine.
SystemCallFilter default_filter(std::uint64_t capabilities);

/// Put the filter on this process and all it starts. Without new privileges
/// forbidden it takes CAP_SYS_ADMIN, so it goes before capabilities are
/// dropped. Allocates nothing; returns 0 or errno.
int apply_filter(const SystemCallFilter& filter) noexcept;

}  // namespace slipway
