#pragma once

#include <cstdint>

#include "base/owner_note.hpp"

namespace slipway {

/// What the notes on a file say; see base/owner_note.hpp.
struct FileNotes {
  bool has_owner = false;
  bool is_device = false;
  OwnerNote owner = {};
  DeviceNote device = {};

  bool any() const noexcept { return has_owner || is_device; }
};

FileNotes notes_of(const char* path, bool follows_links) noexcept;

/// Note whom the open file (O_PATH is enough) belongs to; ids of -1 stay as they
/// are. What can have no attributes is noted in `links`, open for appending;
/// filesystems without attributes forget. Returns 0 or errno.
int note_owner_of(int file, std::uint32_t uid, std::uint32_t gid, int links) noexcept;

}  // namespace slipway
