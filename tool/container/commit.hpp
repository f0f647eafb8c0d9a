#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "container/container.hpp"

namespace slipway {

struct CommitOptions {
  std::string author = {};
  std::string message = {};               ///< the comment in the image's history
  std::vector<std::string> changes = {};  ///< instructions of a Dockerfile: "CMD [\"x\"]"
  std::int64_t epoch = 0;                 ///< when it was made, and the latest time of its files
  Compression compression = {};
  /// The container's processes stand still meanwhile.
  bool pauses = true;
};

/// An image of the container as it is, one layer over its own image, in the store;
/// its manifest. Mounts are no part of it. The same container gives the same image.
/// Throws Errc::input for changes that cannot be.
Descriptor commit_container(const Container& container, const CommitOptions& options,
                            const Store& store);

}  // namespace slipway
