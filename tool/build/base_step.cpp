#include "build/base_step.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "build/rootfs.hpp"
#include "layer/unpack.hpp"
#include "registry/parallel.hpp"

namespace slipway {
namespace {

void import_layer(const Layout& layout, const Descriptor& blob, const Digest& diff_id,
                  const Store& store) {
  if (store.blobs().contains(blob) && store.has_contents(diff_id)) return;
  auto reader = layout.read(blob);
  auto writer = store.blobs().begin();
  auto listed = list_layer([&](std::span<std::byte> bytes) {
    const auto size = reader.read(bytes);
    writer.write(bytes.first(size));
    return size;
  });
  if (listed.diff_id != diff_id) {
    throw Error(
        Errc::integrity,
        fmt::format("read base layer '{}': its content is '{}' and not, as the config says, '{}'",
                    blob.digest.str(), listed.diff_id.str(), diff_id.str()));
  }
  std::move(writer).commit(blob.media_type);
  store.write_contents(diff_id, to_text(listed.contents));
}

std::vector<std::string> files_of(const ImageName& name) {
  std::error_code error;
  if (name.where == ImageName::Where::layout && std::filesystem::is_directory(name.path, error)) {
    return {(name.path / "index.json").native()};
  }
  return name.path.empty() ? std::vector<std::string>()
                           : std::vector<std::string>{name.path.native()};
}

}  // namespace

ImportedBase import_base(const Step& step, const Store& store, PullPolicy policy) {
  const auto name = ImageName::parse(step.reference);
  const auto opened = find_image(name, store, step.platform, BareName::of_registry, policy);
  const auto& image = opened.image;
  ImportedBase base;
  base.read = files_of(name);
  base.triggers = image.config.config.onbuild;
  base.result.layers = layers_of(image);
  // What the store fetches, or has, is read by who needs it.
  if (opened.layout.root() != store.root()) {
    in_parallel(base.result.layers.size(), [&](std::size_t i) {
      const auto& layer = base.result.layers[i];
      import_layer(opened.layout, layer.blob, layer.diff_id, store);
    });
  }
  base.result.config = store.blobs().write_document(
      opened.layout.read_document(image.manifest.config), image.manifest.config.media_type);
  return base;
}

}  // namespace slipway
