#include "build/image_files.hpp"

#include "build/rootfs.hpp"

namespace slipway {

ImageFiles::ImageFiles(const LocatedImage& image, const Store& store, std::size_t base)
    : layers(layers_of(image)),
      view(view_of(layers, store)),
      root(make_elf_root(layers, view, store)),
      base_layers(base) {}

std::string instruction_of(std::size_t index, const ImageConfig& config) {
  for (const auto& entry : config.history) {
    if (entry.empty_layer) continue;
    if (index == 0) return entry.created_by;
    --index;
  }
  return {};
}

}  // namespace slipway
