#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace slipway {

/// Who a process takes itself for (credentials(7)), users or groups.
struct IdSet {
  std::uint32_t real = 0;
  std::uint32_t effective = 0;
  std::uint32_t saved = 0;
  std::uint32_t filesystem = 0;
};

struct Identity {
  static constexpr std::size_t most_groups = 64;
  IdSet users = {};
  IdSet groups = {};
  std::array<std::uint32_t, most_groups> others = {};  ///< supplementary groups
  std::uint32_t other_count = 0;

  bool is_root() const noexcept { return users.effective == 0; }
};

/// The identities of a container's processes. A process has its parent's until
/// it sets its own. Allocates nothing: it serves a process that was cloned from
/// one with threads.
class Identities {
 public:
  explicit Identities(const Identity& first) noexcept : first_(first) {}

  const Identity& of(pid_t thread) noexcept;
  void set(pid_t thread, const Identity& identity) noexcept;

 private:
  struct Slot {
    pid_t thread = 0;
    Identity identity = {};
  };
  static constexpr std::size_t slot_count = 1024;

  Slot* find(pid_t thread) noexcept;

  Identity first_;
  bool is_used_ = false;
  std::array<Slot, slot_count> slots_ = {};
};

/// What setresuid(2) and its kin do to one set; `may_all` for root. Ids of -1
/// stay as they are. Return 0 or errno.
int set_all_ids(IdSet& ids, std::uint32_t real, std::uint32_t effective, std::uint32_t saved,
                bool may_all) noexcept;
int set_two_ids(IdSet& ids, std::uint32_t real, std::uint32_t effective, bool may_all) noexcept;
int set_id(IdSet& ids, std::uint32_t id, bool may_all) noexcept;

}  // namespace slipway
