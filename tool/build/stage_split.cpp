#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/staging.hpp"
#include "layer/unpack.hpp"

namespace slipway {
namespace fs = std::filesystem;

void stage_split(const SplitStage& stage, const Layer& layer, const Store& store,
                 const fs::path& read) {
  Staging staging(stage.output);
  const auto root = staging.scratch() / "layer";
  make_directories(root);
  auto reader = store.blobs().read(layer.blob);
  unpack([&](std::span<std::byte> bytes) { return reader.read(bytes); },
         open_file(root, O_RDONLY | O_DIRECTORY), {.owners = Owners::ours, .devices = false});
  StagedTree tree;
  for (std::size_t i = 0; i < stage.folders.size(); ++i) {
    // A link in the layer must not lead out of it.
    const auto& name = stage.folders[i];
    const auto folder =
        open_in_root(open_file(root, O_PATH | O_DIRECTORY), name, O_PATH | O_DIRECTORY);
    if (!folder) {
      throw Error(Errc::input,
                  fmt::format("take '{}' apart: the layer of the step has no such folder",
                              printable(name)));
    }
    const auto path = fs::read_symlink(fmt::format("/proc/self/fd/{}", folder->get()));
    add_stripped(path, staging.scratch() / fmt::format("debug-{}", i), stage.strip,
                 stage.debug_tools, tree);
  }
  staging.publish(tree, {read});
}

}  // namespace slipway
