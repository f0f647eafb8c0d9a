#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "container/container.hpp"
#include "layer/pack.hpp"

namespace slipway {

/// The layer that turns the container's image into what the container is now; times
/// after `epoch` (seconds since 1970) become that. This process becomes root.
std::vector<PackItem> container_changes(const Container& container, std::int64_t epoch,
                                        const Store& store);

/// A line of `diff`.
struct ChangedPath {
  char kind = 'C';  ///< 'A'dded, 'C'hanged or 'D'eleted
  std::string path = {};
};

/// As Docker tells changes: by path, directories on the way to one among them.
std::vector<ChangedPath> container_diff(const Container& container, const Store& store);

}  // namespace slipway
