#pragma once

#include <cstdint>

namespace slipway {

/// What a process gets for a system call that we answer.
struct CallAnswer {
  int error = 0;  ///< errno; 0: it is done
  std::int64_t value = 0;
  /// The kernel does what was asked for.
  bool goes_on = false;
  /// A descriptor of ours that the caller gets one for, and that is closed then.
  int file = -1;
  bool closes_on_exec = false;
};

inline constexpr CallAnswer kernels_own = {0, 0, true, -1, false};

}  // namespace slipway
