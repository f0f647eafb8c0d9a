#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/compression.hpp"
#include "layer/pack.hpp"
#include "store/store.hpp"

namespace slipway {

/// One image's files, and the folder of the export that they go to.
struct ExportedImage {
  std::string folder = {};  ///< empty: the top
  std::vector<Layer> layers = {};
};

/// The filesystems that the layers give as one plain tar, owners, times and hard
/// links kept; the same for the same layers.
void export_tar(const std::vector<ExportedImage>& images, const Store& store, const ByteSink& sink);

/// The same filesystems put into a directory (made when missing): what is there
/// and not in the image stays. All of it belongs to us, as with `docker build
/// --output`; device nodes are left out.
void export_directory(const std::vector<ExportedImage>& images, const Store& store,
                      const std::filesystem::path& into);

}  // namespace slipway
