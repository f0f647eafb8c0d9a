#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// A user's range of subordinate ids (subuid(5), subgid(5)).
struct IdRange {
  std::uint32_t start = 0;
  std::uint32_t count = 0;
  bool operator==(const IdRange&) const = default;
};

/// The first range of `user`, or of the numeric `id`, in the text of /etc/subuid
/// or /etc/subgid. Malformed lines are passed over, as shadow-utils does.
std::optional<IdRange> find_id_range(std::string_view text, std::string_view user,
                                     std::uint32_t id);

/// How the ids of a container's user namespace map to ours.
struct IdMap {
  /// Root is the caller and the rest comes from subordinate ranges; else the one
  /// wanted id inside is the caller, and no other exists.
  bool has_ranges = false;
  IdRange uids = {};
  IdRange gids = {};
};

/// Is a program of that name in $PATH?
bool is_program(const std::string& name);

/// Ranges where the system has them, with the helpers that may set them, and
/// they reach the wanted ids.
IdMap choose_id_map(std::uint32_t uid, std::uint32_t gid);

/// Set the map of the user namespace of process `child`. Throws
/// Errc::environment ("map user ids: ...").
void apply_id_map(const IdMap& map, pid_t child, std::uint32_t uid, std::uint32_t gid);

}  // namespace slipway
