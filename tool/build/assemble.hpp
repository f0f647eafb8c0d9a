#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "build/step.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// The image that a plan's results make: config and manifest in the store.
struct AssembledImage {
  Descriptor manifest = {};
  Manifest content = {};
};

/// Replay the stage's instructions over the base's config, put the layers in
/// order, and write config and manifest. Layers that went missing are made again.
AssembledImage assemble(const ImageStep& step, const BuildContext& context);

/// Fill `layout` with exactly that image (tags in its index when the step has
/// some): blobs first, index.json last, what is stale goes. Blobs are hard
/// links to the store's where the file system allows. Gives the files that the
/// layout is made of.
std::vector<std::string> write_layout(const AssembledImage& image, const ImageStep& step, const Store& store,
                                      const std::filesystem::path& layout);

}  // namespace slipway
