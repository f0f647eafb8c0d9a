#include "run/file_notes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace slipway {
namespace {

constexpr std::uint32_t kept_id = 0xffffffff;

int write_note(const char* name, const OwnerNote& note) noexcept {
  if (::setxattr(name, owner_attribute, &note, sizeof note, 0) == 0) return 0;
  return errno == EROFS || errno == EIO || errno == ENOSPC || errno == EDQUOT ? errno : 0;
}

int note_link(int file, const OwnerNote& owner, int links) noexcept {
  struct statx status = {};
  if (::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return errno;
  const LinkNote note = {status.stx_ino, nanoseconds(status.stx_btime), owner};
  return ::write(links, &note, sizeof note) == sizeof note ? 0 : EIO;
}

}  // namespace

FileNotes notes_of(const char* path, bool follows_links) noexcept {
  const auto get = follows_links ? ::getxattr : ::lgetxattr;
  FileNotes notes;
  notes.has_owner =
      get(path, owner_attribute, &notes.owner, sizeof notes.owner) == sizeof notes.owner;
  notes.is_device =
      get(path, device_attribute, &notes.device, sizeof notes.device) == sizeof notes.device;
  return notes;
}

int note_owner_of(int file, std::uint32_t uid, std::uint32_t gid, int links) noexcept {
  struct stat status = {};
  if (::fstat(file, &status) != 0) return errno;
  char name[64];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  OwnerNote note;
  const bool is_noted = ::getxattr(name, owner_attribute, &note, sizeof note) >= 0;
  if (uid != kept_id) note.uid = uid;
  if (gid != kept_id) note.gid = gid;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return note_link(file, note, links);
  // What nobody was ever given is root's without a note.
  return is_noted || note.uid != 0 || note.gid != 0 ? write_note(name, note) : 0;
}

}  // namespace slipway
