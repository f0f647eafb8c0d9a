#pragma once

#include "run/call_answer.hpp"
#include "run/caller.hpp"
#include "run/identities.hpp"

namespace slipway {

/// Answer setuid(2), getresgid(2) and the like out of what is kept of the
/// caller. Calls of other kinds go on to the kernel. Allocates nothing.
CallAnswer answer_identity_call(const Caller& caller, Identities& identities) noexcept;

}  // namespace slipway
