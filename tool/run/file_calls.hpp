#pragma once

#include "run/call_answer.hpp"
#include "run/caller.hpp"
#include "run/identities.hpp"

namespace slipway {

/// Answer calls that change or tell whom files belong to, or make files, for a
/// caller of that identity; others go on to the kernel. `links` is open for
/// appending LinkNotes. Allocates nothing.
CallAnswer answer_file_call(const Caller& caller, const Identity& identity, int links) noexcept;

}  // namespace slipway
