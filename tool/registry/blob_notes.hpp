#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace slipway {

/// Lines that the store keeps of single blobs, a file each in a folder of its own, the
/// newest first. The last few are kept: one is enough, if what it says still holds.
class BlobNotes {
 public:
  /// `folder`: its name in the store.
  BlobNotes(const Store& store, std::string folder) : store_(store), folder_(std::move(folder)) {}

  bool has(const Digest& blob) const;
  std::vector<std::string> read(const Digest& blob) const;
  /// Put the line first.
  void note(const Digest& blob, const std::string& line) const;

 private:
  const Store& store_;
  std::string folder_;
};

}  // namespace slipway
