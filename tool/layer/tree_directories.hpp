#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file.hpp"
#include "base/tree_remover.hpp"
#include "layer/contents.hpp"
#include "layer/unpack.hpp"

namespace slipway {

/// The directories of a tree that a layer is applied on. Every path is resolved
/// by the kernel with the tree's root as "/"; symlinks inside are followed.
///
/// Directories get their modes and times at the end: until then they must be
/// writable, and each file made in them changes their times. What a directory
/// had before is put back when no entry says otherwise.
class TreeDirectories {
 public:
  /// `made` collects the directories that this layer brings.
  TreeDirectories(const Fd& root, const UnpackOptions& options, FileIds& made)
      : root_(root), owners_(options.owners), whiteouts_(options.whiteouts), made_(made) {}

  /// The directory at `path`; it and its parents are made where missing (0755),
  /// and what stands in the way is replaced. Valid until the next call.
  const Fd& open(std::string_view path);

  /// The same for what need not be there.
  std::optional<Fd> open_existing(std::string_view path);

  /// Something other than a file was removed: paths may lead elsewhere now.
  void paths_changed() { cache_is_valid_ = false; }

  /// A directory's entry.
  void put(const Entry& entry);

  void finish();

 private:
  /// What is to be true of a directory in the end.
  struct Pending {
    std::string path = {};
    FileId id = {};
    mode_t mode = 0;
    timespec mtime = {};
    std::optional<Entry> entry = {};  ///< instead of mode and mtime
  };

  Fd walk(std::string_view path);
  Fd make(const Fd& parent, const std::string& name, std::string path);
  Fd replace(const Fd& parent, const std::string& name, std::string path);
  Pending& remember(const Fd& directory, std::string_view path);
  void apply(const Pending& pending) const;

  const Fd& root_;
  Owners owners_;
  Whiteouts whiteouts_;
  FileIds& made_;
  bool cache_is_valid_ = false;
  std::string cached_path_;
  Fd cached_;
  std::vector<Pending> pending_;  // parents before their children
  std::unordered_map<FileId, std::size_t, FileIdHash> index_;
};

}  // namespace slipway
