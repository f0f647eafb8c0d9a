#include "layer/file_entry.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

[[noreturn]] void refuse(std::string_view verb, std::string_view name) {
  throw Error::from_errno(errno, fmt::format("{} '{}'", verb, printable(name)));
}

constexpr const char* opaque_attribute = "user.overlay.opaque";

std::string target_of(const Fd& directory, const std::string& name) {
  std::array<char, PATH_MAX> target = {};
  const ssize_t size = ::readlinkat(directory.get(), name.c_str(), target.data(), target.size());
  if (size < 0) refuse("read link", name);
  return {target.data(), static_cast<std::size_t>(size)};
}

/// Labels are the machine's, not the image's.
bool belongs_to_image(const std::string& name) {
  return !is_overlay_attribute(name) && name != "security.selinux" && name != "security.ima" &&
         !name.starts_with("system.");
}

/// Calls `get` with a buffer of the size that it asks for.
template <typename Get>
std::optional<std::string> sized(Get&& get) {
  while (true) {
    const ssize_t size = get(nullptr, 0);
    if (size <= 0) return size == 0 ? std::optional(std::string()) : std::nullopt;
    std::string value(static_cast<std::size_t>(size), '\0');
    const ssize_t got = get(value.data(), value.size());
    if (got < 0 && errno == ERANGE) continue;
    if (got < 0) return std::nullopt;
    value.resize(static_cast<std::size_t>(got));
    return value;
  }
}

/// None where the filesystem has none.
std::vector<std::pair<std::string, std::string>> attributes_of(const Fd& directory,
                                                               const std::string& name) {
  const auto path = fmt::format("/proc/self/fd/{}/{}", directory.get(), name);
  std::vector<std::pair<std::string, std::string>> result;
  const auto names =
      sized([&](char* data, std::size_t size) { return ::llistxattr(path.c_str(), data, size); });
  for (const auto& attribute : split(names.value_or(""), '\0')) {
    if (attribute.empty() || !belongs_to_image(attribute)) continue;
    auto value = sized([&](char* data, std::size_t size) {
      return ::lgetxattr(path.c_str(), attribute.c_str(), data, size);
    });
    if (value) result.emplace_back(attribute, std::move(*value));
  }
  std::ranges::sort(result);
  return result;
}

}  // namespace

std::optional<EntryType> entry_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return EntryType::file;
    case S_IFDIR:
      return EntryType::directory;
    case S_IFLNK:
      return EntryType::symlink;
    case S_IFIFO:
      return EntryType::fifo;
    case S_IFCHR:
      return EntryType::character_device;
    case S_IFBLK:
      return EntryType::block_device;
    default:
      return std::nullopt;
  }
}

bool is_overlay_attribute(const std::string& name) {
  return name.starts_with("user.overlay.") || name.starts_with("trusted.overlay.");
}

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

bool is_opaque(const Fd& directory) {
  char value = 0;
  return ::fgetxattr(directory.get(), opaque_attribute, &value, 1) == 1 && value == 'y';
}

void mark_opaque(const Fd& directory, const std::string& name) {
  const auto path = fmt::format("/proc/self/fd/{}/{}", directory.get(), name);
  if (::lsetxattr(path.c_str(), opaque_attribute, "y", 1, 0) != 0) refuse("mark as opaque", name);
}

std::optional<Entry> entry_of(const Fd& directory, const std::string& name,
                              const struct stat& status) {
  const auto type = entry_type(status.st_mode);
  if (!type) return std::nullopt;
  Entry entry;
  entry.type = *type;
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.xattrs = attributes_of(directory, name);
  if (*type == EntryType::file) entry.size = static_cast<std::uint64_t>(status.st_size);
  if (*type == EntryType::symlink) {
    entry.mode = 0777;
    entry.link_target = target_of(directory, name);
  }
  if (*type == EntryType::character_device || *type == EntryType::block_device) {
    entry.device_major = major(status.st_rdev);
    entry.device_minor = minor(status.st_rdev);
  }
  return entry;
}

}  // namespace slipway
