#pragma once

#include <cstddef>
#include <functional>

namespace slipway {

/// How many transfers go on at once.
inline constexpr std::size_t most_transfers = 4;

/// Call `work` with 0 to count - 1, some at once. After a failure nothing new is
/// started, what runs is waited for, and the first failure is thrown.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace slipway
