#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "layer/pack.hpp"
#include "store/scratch_folder.hpp"

namespace slipway {

/// The filesystem of some layers as a folder that this process can read: an
/// overlay of their trees in a mount namespace of its own or, where the kernel
/// gives none, unpacked. Gone with the object.
///
/// The process becomes root (become_root()) and has to have one thread. Throws
/// Errc::environment naming the setting that forbids it.
class StageFolder {
 public:
  /// The layers' blobs are in the store, lowest first; there is at least one.
  StageFolder(const std::vector<Layer>& layers, const Store& store);
  StageFolder(StageFolder&&) = delete;
  StageFolder& operator=(StageFolder&&) = delete;
  ~StageFolder();

  const std::filesystem::path& path() const noexcept { return root_; }

 private:
  bool mount(const std::vector<std::filesystem::path>& trees);

  ScratchFolder scratch_;
  std::filesystem::path root_;
  bool is_mounted_ = false;
};

}  // namespace slipway
