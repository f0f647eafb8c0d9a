#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layer/contents.hpp"
#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway {

/// Files and their bytes: of a file itself, of a directory all below it.
struct Amount {
  std::uint64_t bytes = 0;
  std::size_t files = 0;
};

/// What one layer has at a path, or that it takes away what lies beneath.
struct PathInLayer {
  std::size_t layer = 0;         ///< from 0, the lowest
  Entry entry = {};              ///< a whiteout: of the path or of a directory above it
  Amount amount = {};            ///< in this layer alone
  std::string instruction = {};  ///< that made the layer, by the image's history
  bool removes() const {
    return entry.type == EntryType::whiteout || entry.type == EntryType::opaque;
  }
};

/// Where a path of an image comes from.
struct PathHistory {
  std::string path = {};                 ///< reached, links of its parents followed; "" is the root
  std::optional<Entry> entry = {};       ///< nullopt: the image has nothing there
  std::size_t layer = 0;                 ///< that `entry` is of
  Amount amount = {};                    ///< in the image
  std::vector<PathInLayer> layers = {};  ///< all that say something of it, lowest first
};

/// The image's blobs must be in the store. Throws Errc::input for a circle of links, or
/// a parent that is no directory.
PathHistory path_history(std::string_view path, const LocatedImage& image, const Store& store);

}  // namespace slipway
