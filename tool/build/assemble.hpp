#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "build/step.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// The image that a plan's results make: config and manifest in the store.
struct AssembledImage {
  Descriptor manifest = {};
  Manifest content = {};
  StageScope scope = {};  ///< at the end of the last stage
};

/// What one build makes: an image, or one for each platform.
struct BuiltImages {
  Descriptor descriptor = {};  ///< of the only image's manifest, or of the index over all
  std::vector<AssembledImage> images = {};

  bool is_index() const { return images.size() > 1; }
};

/// Several images get an index, in the store.
BuiltImages together(std::vector<AssembledImage> images, ImageFormat format, const Store& store);

/// Replay the stage's instructions over the base's config, put the layers in
/// order, and write config and manifest. Layers that went missing are made again.
AssembledImage assemble(const ImageStep& step, const BuildContext& context);

/// Fill `layout` with exactly these images (tags in its index when there are
/// some): blobs first, index.json last, what is stale goes. Blobs are hard
/// links to the store's where the file system allows. Gives the files that the
/// layout is made of.
std::vector<std::string> write_layout(const BuiltImages& built,
                                      const std::vector<std::string>& tags, const Store& store,
                                      const std::filesystem::path& layout);

}  // namespace slipway
