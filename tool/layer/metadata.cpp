#include "layer/metadata.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/owner_notes.hpp"

namespace slipway {
namespace {

void check(int result, std::string_view action) {
  if (result != 0) throw Error::from_errno(errno, action);
}

/// An ordinary user may not set some attributes, and some filesystems none.
void check_attribute(int result, std::string_view name) {
  const bool left_out =
      result != 0 && (errno == EPERM || errno == EACCES || errno == ENOTSUP || errno == EINVAL);
  if (!left_out) check(result, fmt::format("set the attribute '{}'", printable(name)));
}

std::array<timespec, 2> times_of(const Entry& entry) {
  const timespec time = {entry.mtime, 0};
  return {time, time};
}

}  // namespace

void set_metadata(const Fd& file, const Entry& entry, Owners owners) {
  if (owners == Owners::set) check(::fchown(file.get(), entry.uid, entry.gid), "set the owner");
  if (owners == Owners::note) note_owner(file, entry);
  check(::fchmod(file.get(), entry.mode & 07777), "set the mode");
  for (const auto& [name, value] : entry.xattrs) {
    check_attribute(::fsetxattr(file.get(), name.c_str(), value.data(), value.size(), 0), name);
  }
  check(::futimens(file.get(), times_of(entry).data()), "set the time");
}

void set_metadata_at(const Fd& parent, const std::string& name, const Entry& entry, Owners owners) {
  const int directory = parent.get();
  if (owners == Owners::set) {
    check(::fchownat(directory, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW),
          "set the owner");
  }
  if (entry.type != EntryType::symlink) {
    check(::fchmodat(directory, name.c_str(), entry.mode & 07777, 0), "set the mode");
  }
  // There is no lsetxattrat().
  const auto path = fmt::format("/proc/self/fd/{}/{}", directory, name);
  for (const auto& [attribute, value] : entry.xattrs) {
    check_attribute(::lsetxattr(path.c_str(), attribute.c_str(), value.data(), value.size(), 0),
                    attribute);
  }
  check(::utimensat(directory, name.c_str(), times_of(entry).data(), AT_SYMLINK_NOFOLLOW),
        "set the time");
}

}  // namespace slipway
