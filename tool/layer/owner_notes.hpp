#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "base/owner_note.hpp"
#include "layer/contents.hpp"

namespace slipway {

/// Make the entry what the notes among its attributes say, and take them away.
void take_notes(Entry& entry);

/// Put a note of the entry's owner on the open file, which is ours whoever that
/// is. Filesystems that have no attributes go without.
void note_owner(const Fd& file, const Entry& entry);

/// A file's number and time of birth, and whom it belongs to.
using Birth = std::pair<std::uint64_t, std::int64_t>;
using LinkOwners = std::map<Birth, OwnerNote>;

/// Of one file the last note counts.
LinkOwners read_link_notes(const std::filesystem::path& path);

/// Of `name` itself, links not followed.
Birth birth_of(const Fd& directory, const std::string& name);

}  // namespace slipway
