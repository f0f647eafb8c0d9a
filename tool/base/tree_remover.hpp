#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/file.hpp"

namespace slipway {

/// What a file is, whatever its names are.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;

  static FileId of(const struct stat& status) { return {status.st_dev, status.st_ino}; }
};

struct FileIdHash {
  std::size_t operator()(const FileId& id) const noexcept {
    return std::hash<ino_t>()(id.inode) ^ (std::hash<dev_t>()(id.device) << 1);
  }
};

/// The child `name` itself, links not followed; nullopt where nothing is there.
std::optional<struct stat> stat_at(const Fd& directory, const std::string& name);

using FileIds = std::unordered_set<FileId, FileIdHash>;

/// Remove `name` in `directory` with all it holds, but for what is in `spared`
/// and the directories that lead to it. Nothing there is fine. Symlinks are
/// removed, not followed. One descriptor is open at a time, however deep the
/// tree is.
void remove_tree(const Fd& directory, const std::string& name, const FileIds& spared);

/// The same for everything in `directory`.
void remove_children(const Fd& directory, const FileIds& spared);

}  // namespace slipway
