#pragma once

#include <functional>

namespace slipway {

/// Run `body` in a process of its own, to its end. Throws the Error that it threw;
/// Errc::environment when it was killed.
void run_in_child(const std::function<void()>& body);

/// Leave a process behind that runs `body`, in a session of its own and without what we
/// have open: `body` must use none of our descriptors. Returns once that calls `started`. Throws
/// the Error that `body` threw before. What it throws later, nobody hears.
void leave_behind(const std::function<void(const std::function<void()>& started)>& body);

}  // namespace slipway
