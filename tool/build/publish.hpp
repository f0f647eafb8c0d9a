#pragma once

#include <time.h>

#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "build/staged_tree.hpp"

namespace slipway {

/// What a staging command leaves behind.
struct StageOutput {
  std::filesystem::path into = {};   ///< the staged tree, and nothing but it
  std::filesystem::path stamp = {};  ///< lists the tree; written only when that changes
  std::filesystem::path depfile =
      {};  ///< `stamp` depends on: what was read, the staged directories
  /// A file for where each file of the tree comes from (build/origins.hpp); empty: none.
  std::filesystem::path origins = {};
  std::filesystem::path origins_root = "/";  ///< as which "/" stands in that file
  /// A file of the tree for the digest of all the rest of it; empty: none.
  std::string seal = {};
};

/// The times of staged files. No file is ever newer than the start of the run:
/// they stand in the depfile, and what is newer than the start of its edge makes
/// Ninja run the edge again.
enum class StagedTimes {
  of_sources,
  /// The same, but that a file which takes another's place is newer than that
  /// one, whatever the source says: for trees that are built in.
  advancing,
};

/// One run of a staging command, from before its first read to the end. At
/// most one is at work on a tree: a second one waits in the constructor. What a
/// killed one left is removed.
class Staging {
 public:
  explicit Staging(StageOutput output);

  /// A directory of this run on the disk of the tree, removed at the end.
  const std::filesystem::path& scratch() const noexcept { return scratch_.path(); }

  /// Make the output tree equal to `tree`. Files whose bytes and mode are right
  /// already stay untouched, others are replaced by rename, and what is not in
  /// `tree` is removed. All copies are made before the first change, so that a
  /// full disk changes nothing. Sources below scratch() are moved.
  void publish(StagedTree tree, std::set<std::filesystem::path> read,
               StagedTimes times = StagedTimes::of_sources);

  /// The tree stands as it is, and depends on `read`.
  void keep(const std::set<std::filesystem::path>& read) const;

 private:
  StageOutput output_;
  FileLock lock_;
  TempDir scratch_;
  struct timespec start_ = {};
};

}  // namespace slipway
