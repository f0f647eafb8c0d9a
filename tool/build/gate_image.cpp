#include "build/gate_image.hpp"

#include "build/rootfs.hpp"

namespace slipway {

std::vector<gate::Finding> gate_image(const ImageFiles& files, const Platform& platform,
                                      const Store& store, const GateOptions& options) {
  const auto base = view_of(
      {files.layers.begin(), files.layers.begin() + static_cast<std::ptrdiff_t>(files.base_layers)},
      store);
  gate::Subject subject{files.view, base, files.base_layers, platform};
  subject.machine = machine_of(platform);
  subject.flags = options.flags;
  subject.build_paths = options.build_paths;
  const auto& folder = files.root.folder.path();
  for (const auto& file : files.root.files)
    subject.elf_files.push_back({file.lexically_relative(folder).native(), file});
  return gate::check(subject, options.levels, files.elf);
}

}  // namespace slipway
