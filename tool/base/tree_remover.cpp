#include "base/tree_remover.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

[[noreturn]] void fail_removal(std::string_view verb, std::string_view name) {
  throw Error::from_errno(errno, fmt::format("{} '{}'", verb, printable(name)));
}

/// Open a directory for listing, giving its owner the right to if need be.
Fd open_directory(const Fd& parent, const std::string& name) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  struct stat status = {};
  Fd fd(::openat(parent.get(), name.c_str(), flags));
  if (!fd && errno == EACCES) {
    if (::fchmodat(parent.get(), name.c_str(), 0700, 0) != 0) fail_removal("open", name);
    return open_directory(parent, name);
  }
  if (!fd) fail_removal("open", name);
  const bool locked = ::fstat(fd.get(), &status) == 0 && (status.st_mode & 0700) != 0700;
  if (locked && ::geteuid() != 0) ::fchmod(fd.get(), (status.st_mode & 07777) | 0700);
  return fd;
}

/// A directory in work: the subdirectories that are left to be emptied.
struct Level {
  std::string name = {};
  bool spared = false;
  std::vector<std::string> subdirectories = {};
};

/// Remove what is no directory; the directories are work for later.
Level enter(const Fd& directory, std::string name, bool spared, const FileIds& keep) {
  Level level = {std::move(name), spared, {}};
  for (std::string& child : list_directory(directory, ".")) {
    const auto status = stat_at(directory, child);
    if (!status) continue;
    if (S_ISDIR(status->st_mode)) {
      level.subdirectories.push_back(std::move(child));
    } else if (!keep.contains(FileId::of(*status)) &&
               ::unlinkat(directory.get(), child.c_str(), 0) != 0) {
      fail_removal("remove", child);
    }
  }
  return level;
}

void remove_directory(const Fd& parent, const std::string& name) {
  const bool gone = ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0;
  // Not empty: it leads to something spared.
  if (!gone && errno != ENOTEMPTY && errno != EEXIST) fail_removal("remove", name);
}

}  // namespace

std::optional<struct stat> stat_at(const Fd& directory, const std::string& name) {
  struct stat status = {};
  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw Error::from_errno(errno, fmt::format("stat '{}'", printable(name)));
}

void remove_children(const Fd& directory, const FileIds& spared) {
  Fd here(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!here) fail_removal("list", ".");
  std::vector<Level> levels;
  levels.push_back(enter(here, "", true, spared));
  while (true) {
    Level& level = levels.back();
    if (!level.subdirectories.empty()) {
      std::string child = std::move(level.subdirectories.back());
      level.subdirectories.pop_back();
      const auto status = stat_at(here, child);
      if (!status) continue;
      here = open_directory(here, child);
      levels.push_back(enter(here, std::move(child), spared.contains(FileId::of(*status)), spared));
      continue;
    }
    if (levels.size() == 1) return;
    Fd parent(::openat(here.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent) fail_removal("open", "..");
    here = std::move(parent);
    if (!level.spared) remove_directory(here, level.name);
    levels.pop_back();
  }
}

void remove_tree(const Fd& directory, const std::string& name, const FileIds& spared) {
  const auto status = stat_at(directory, name);
  if (!status) return;
  const bool keep = spared.contains(FileId::of(*status));
  if (S_ISDIR(status->st_mode)) {
    remove_children(open_directory(directory, name), spared);
    if (!keep) remove_directory(directory, name);
  } else if (!keep && ::unlinkat(directory.get(), name.c_str(), 0) != 0) {
    fail_removal("remove", name);
  }
}

}  // namespace slipway
