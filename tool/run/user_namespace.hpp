#pragma once

namespace slipway {

/// What stands for root in this process.
enum class Rights {
  root,       ///< root itself
  ranges,     ///< root of a user namespace with subordinate ids
  single_id,  ///< root of one that knows no other id
};

/// Make sure that this process may make namespaces and give files any owner
/// that it has: an ordinary user becomes root of a user namespace of its own,
/// for the rest of the process's life. Files that it makes as root there are
/// the user's own outside.
///
/// The first call has to come while the process has one thread. Throws
/// Errc::environment naming the setting that forbids it, each time.
Rights become_root();

/// The same for a process that is about to start threads and may need it later.
void try_become_root() noexcept;

}  // namespace slipway
