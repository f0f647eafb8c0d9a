#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.hpp"
#include "store/store.hpp"

namespace slipway {

/// An empty folder of the store for what one process needs while it works. It goes
/// with this object; when the process is killed before, the next one that makes a
/// ScratchFolder, of whatever process, removes it.
class ScratchFolder {
 public:
  /// Who makes one should have the rights to remove what others left.
  ScratchFolder(const Store& store, std::string_view prefix);

  const std::filesystem::path& path() const noexcept { return folder_.path(); }

 private:
  TempDir folder_;
  Fd lock_;  ///< held (flock) as long as somebody works here
};

}  // namespace slipway
