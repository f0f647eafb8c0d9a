#pragma once

#include "base/file.hpp"
#include "base/tree_remover.hpp"
#include "layer/contents.hpp"
#include "layer/tar_reader.hpp"
#include "layer/tree_directories.hpp"
#include "layer/unpack.hpp"

namespace slipway {

/// Applies the entries of one layer on a tree, one by one.
class TreeWriter {
 public:
  TreeWriter(const Fd& root, const UnpackOptions& options)
      : options_(options), directories_(root, options, made_) {}

  /// The content of a file is read from `reader`.
  void apply(const Entry& entry, TarReader& reader);

  /// After the last entry: modes and times of directories.
  void finish() { directories_.finish(); }

 private:
  void put(const Entry& entry, TarReader& reader);
  void put_file(const Entry& entry, TarReader& reader);
  void put_hardlink(const Entry& entry);
  void put_symlink(const Entry& entry);
  void put_special(const Entry& entry);
  void hide(const Entry& entry);
  void hide_children(const Entry& entry);

  void clear(const Fd& parent, const std::string& name);
  void note_made(const Fd& parent, const std::string& name);

  UnpackOptions options_;
  FileIds made_;  // by this layer: its whiteouts do not hide them
  TreeDirectories directories_;
};

}  // namespace slipway
