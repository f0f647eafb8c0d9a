#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "build/staged_tree.hpp"

namespace slipway {

/// What the last run knew of each staged file: the digest of a source and a copy
/// that both look as they did then, so that neither has to be read again. Kept in
/// a file beside the stamp; without it, or for a file that may have changed at the
/// very moment when it was read, files are read.
class StagedDigests {
 public:
  explicit StagedDigests(std::filesystem::path file);

  /// By the path in the tree. nullopt: it is not known.
  std::optional<std::string> find(const std::string& path, const StagedEntry& source,
                                  const struct stat& copy) const;

  /// For the next run. `start` is when this one began.
  void remember(const std::string& path, const StagedEntry& source, const struct stat& copy,
                const std::string& digest, const struct timespec& start);

  void save() const;

 private:
  std::filesystem::path file_;
  std::unordered_map<std::string, std::string> before_ = {};  ///< path: facts and digest
  std::string now_ = {};
};

}  // namespace slipway
