#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway {

/// Remove what only this image, whose entry the index has no more, has of the store:
/// manifest, configuration and layers. What was removed, the manifest first. Nothing
/// while others make images: what they are about to use looks unused.
std::vector<Digest> delete_image(const Descriptor& entry, const Store& store);

struct PruneOptions {
  bool all = false;  ///< images that no container is of, and all that can be made again
  std::optional<std::int64_t> until = {};  ///< only what is older (seconds since 1970)
  std::optional<std::uint64_t> keep_storage =
      {};  ///< the oldest goes until the store has no more bytes
  /// Of images, only those; then nothing else is pruned but what they leave. Empty: all.
  std::function<bool(const ImageConfig&)> wants_image = {};
};

struct Pruned {
  std::vector<std::string> untagged = {};  ///< names of images, as they are written
  std::vector<std::string> deleted = {};   ///< digests, and folders of the store
  std::uint64_t bytes = 0;
};

/// Remove what nothing refers to: images without a name, blobs and unpacked trees of
/// no image, downloads, what failed steps and containers left; and volumes without a
/// name that no container has. Waits for builds that run.
Pruned prune_store(const PruneOptions& options, const Store& store);

}  // namespace slipway
