#pragma once

#include <linux/seccomp.h>

#include "run/identities.hpp"
#include "run/seccomp.hpp"

namespace slipway {

/// Hands the system calls that change or tell owners to who listens.
SystemCallFilter owner_call_filter();

/// Put that filter on this process and all it starts. Returns the listener, a
/// descriptor, or -1 with errno set. Allocates nothing.
int listen_to_calls(const SystemCallFilter& filter) noexcept;

/// Answers those calls for a container whose user has one id: see the .cpp.
/// Allocates nothing.
class RememberedOwners {
 public:
  /// `links` is open for appending: LinkNotes go there.
  RememberedOwners(const Identity& first, int links) noexcept : identities_(first), links_(links) {}

  /// Answer the call that waits at `listener`; false when nobody is left who
  /// could call.
  bool answer(int listener) noexcept;

 private:
  Identities identities_;
  int links_;
};

}  // namespace slipway
