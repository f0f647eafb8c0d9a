#include "layer/owner_notes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

/// The value of an attribute, which is taken away; nullopt where there is none,
/// or another program's of that name.
template <typename Note>
std::optional<Note> take(Entry& entry, std::string_view name) {
  for (auto it = entry.xattrs.begin(); it != entry.xattrs.end(); ++it) {
    if (it->first != name) continue;
    const auto value = std::move(it->second);
    entry.xattrs.erase(it);
    if (value.size() != sizeof(Note)) return std::nullopt;
    Note note;
    std::memcpy(&note, value.data(), sizeof note);
    return note;
  }
  return std::nullopt;
}

}  // namespace

void take_notes(Entry& entry) {
  if (const auto owner = take<OwnerNote>(entry, owner_attribute)) {
    entry.uid = owner->uid;
    entry.gid = owner->gid;
  }
  if (const auto device = take<DeviceNote>(entry, device_attribute)) {
    entry.type = device->type == S_IFBLK ? EntryType::block_device : EntryType::character_device;
    entry.device_major = device->major;
    entry.device_minor = device->minor;
    entry.size = 0;
  }
}

void note_owner(const Fd& file, const Entry& entry) {
  if (entry.uid == 0 && entry.gid == 0) return;
  const OwnerNote note = {entry.uid, entry.gid};
  if (::fsetxattr(file.get(), owner_attribute, &note, sizeof note, 0) == 0 || errno == ENOTSUP)
    return;
  throw Error::from_errno(errno, "note the owner");
}

LinkOwners read_link_notes(const std::filesystem::path& path) {
  const auto text = read_file(path);
  LinkOwners owners;
  LinkNote note;
  for (std::size_t at = 0; at + sizeof note <= text.size(); at += sizeof note) {
    std::memcpy(&note, text.data() + at, sizeof note);
    owners[{note.inode, note.born_ns}] = note.owner;
  }
  return owners;
}

Birth birth_of(const Fd& directory, const std::string& name) {
  struct statx status = {};
  if (::statx(directory.get(), name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME,
              &status) != 0) {
    throw Error::from_errno(errno, fmt::format("look at '{}'", printable(name)));
  }
  return {status.stx_ino, nanoseconds(status.stx_btime)};
}

}  // namespace slipway
