#include "build/path_history.hpp"

#include "build/image_files.hpp"
#include "build/rootfs.hpp"
#include "layer/view.hpp"

namespace slipway {
namespace {

bool is_below(std::string_view path, std::string_view directory) {
  if (directory.empty()) return !path.empty();
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

void add(const Entry& entry, Amount& amount) {
  if (entry.type != EntryType::file) return;
  amount.bytes += entry.size;
  amount.files += 1;
}

void add_all(const View::Node& node, Amount& amount) {
  add(node.entry, amount);
  for (const auto& [name, child] : node.children) add_all(*child, amount);
}

/// nullopt: the layer says nothing of the path.
std::optional<PathInLayer> look_in(const Contents& contents, std::string_view path) {
  std::optional<PathInLayer> found;
  Amount amount;
  for (const auto& entry : contents.entries) {
    const bool removes = entry.type == EntryType::whiteout || entry.type == EntryType::opaque;
    const bool is_it = entry.path == path;
    const bool is_removed =
        removes && (is_below(path, entry.path) || (is_it && entry.type == EntryType::whiteout));
    // What a layer puts there counts, not that it clears the place before.
    if ((is_it && !removes) || (is_removed && !found)) found = PathInLayer{.entry = entry};
    if (!removes && (is_it || is_below(entry.path, path))) add(entry, amount);
  }
  if (!found && amount.files > 0)
    found = PathInLayer{
        .entry = {.path = std::string(path), .type = EntryType::directory, .mode = 0755}};
  if (found) found->amount = amount;
  return found;
}

}  // namespace

PathHistory path_history(std::string_view path, const LocatedImage& image, const Store& store) {
  const auto layers = layers_of(image);
  const auto view = view_of(layers, store);
  const auto reached = view.resolve(path, false);
  PathHistory history{.path = reached.path};
  if (reached.node != nullptr) {
    history.entry = reached.node->entry;
    history.layer = reached.node->layer;
    add_all(*reached.node, history.amount);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto found = look_in(contents_of(layers[i], store), history.path);
    if (!found) continue;
    found->layer = i;
    found->instruction = instruction_of(i, image.config);
    history.layers.push_back(std::move(*found));
  }
  return history;
}

}  // namespace slipway
