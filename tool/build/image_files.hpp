#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "build/elf_root.hpp"
#include "elf/files.hpp"
#include "layer/pack.hpp"
#include "layer/view.hpp"
#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway {

/// An image's filesystem, as checks look at it: made once for all of them.
struct ImageFiles {
  std::vector<Layer> layers = {};  ///< lowest first
  View view = {};
  ElfRoot root;
  mutable elf::Files elf = {};  ///< what checks have read of those of `root`
  std::size_t base_layers = 0;  ///< so many of the lowest are its base's

  /// The image's blobs must be in the store.
  ImageFiles(const LocatedImage& image, const Store& store, std::size_t base_layers = 0);
};

/// The e_machine of a platform's programs; nullopt for one that is not known.
std::optional<std::uint16_t> machine_of(const Platform& platform);

/// The instruction that made the image's layer `index`, by its history; empty: not known.
std::string instruction_of(std::size_t index, const ImageConfig& config);

}  // namespace slipway
