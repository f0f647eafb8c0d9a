#include "build/trees.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "build/rootfs.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// Layers in a tree once there are so many.
constexpr std::size_t chunk_size = 64;

/// Collects what a layer takes for granted: the directories, and the symlinks
/// to them, that its entries lie in and that it has no entry for.
class Parents {
 public:
  Parents(const Contents& layer, const View& beneath) : beneath_(beneath) {
    for (const auto& entry : layer.entries) {
      if (entry.type == EntryType::directory) known_.insert(entry.path);
    }
    for (const auto& entry : layer.entries) {
      need_parents(entry.path);
      if (entry.type == EntryType::opaque) need_directory(entry.path);
    }
  }

  std::vector<Entry> entries() && { return std::move(entries_); }

 private:
  void need_parents(std::string_view path) {
    need_directory("");
    for (std::size_t end = path.find('/'); end != std::string_view::npos;
         end = path.find('/', end + 1)) {
      const auto parent = path.substr(0, end);
      need_directory(parent);
      const auto link = links_.find(parent);
      if (link != links_.end()) return need_parents(join_path(link->second, path.substr(end + 1)));
    }
  }

  void need_directory(std::string_view path) {
    if (!known_.emplace(path).second) return;
    const auto* node = beneath_.find(path);
    if (node == nullptr || node->implied) return;
    const bool is_link = node->entry.type == EntryType::symlink;
    if (!is_link && node->entry.type != EntryType::directory) return;
    entries_.push_back(node->entry);
    if (is_link) links_.emplace(path, beneath_.resolve(path, true).path);
  }

  const View& beneath_;
  std::set<std::string, std::less<>> known_ = {};
  std::map<std::string, std::string, std::less<>> links_ = {};
  std::vector<Entry> entries_ = {};
};

struct PlannedLayer {
  const Layer* layer = nullptr;
  std::vector<Entry> parents = {};
};

/// `view` becomes what they give.
std::vector<PlannedLayer> plan_layers(const std::vector<Layer>& layers, const Store& store,
                                      View& view) {
  require_contents(layers, store);
  std::vector<PlannedLayer> planned;
  for (const auto& layer : layers) {
    const auto contents = contents_of(layer, store);
    planned.push_back({&layer, Parents(contents, view).entries()});
    view.apply(contents);
  }
  return planned;
}

/// Layers that share a tree, and its name in the store, without the suffix of rights.
struct Chunk {
  std::span<const PlannedLayer> layers = {};
  std::string key = {};
};

std::string tree_key(std::span<const PlannedLayer> chunk) {
  if (chunk.size() == 1 && chunk.front().parents.empty()) return chunk.front().layer->diff_id.hex();
  std::string text;
  for (const auto& planned : chunk) {
    Contents parents;
    parents.entries = planned.parents;
    text += planned.layer->diff_id.hex() + '\n' + to_text(parents);
  }
  return sha256_hex(text);
}

/// Full runs of them, and then one by one.
std::vector<Chunk> chunks_of(std::span<const PlannedLayer> planned) {
  const auto in_chunks = planned.size() - planned.size() % chunk_size;
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < planned.size(); i += chunks.back().layers.size()) {
    const auto layers = planned.subspan(i, i < in_chunks ? chunk_size : 1);
    chunks.push_back({layers, tree_key(layers)});
  }
  return chunks;
}

void unpack_layer(const Layer& layer, const Store& store, const Fd& into,
                  const UnpackOptions& options) {
  with_context([&] { return fmt::format("unpack layer '{}'", layer.blob.digest.str()); },
               [&] {
                 auto reader = store.blobs().read(layer.blob);
                 const ByteSource source = [&](std::span<std::byte> bytes) {
                   return reader.read(bytes);
                 };
                 unpack(source, into, options);
                 // What follows the tar counts for the digest.
                 std::vector<std::byte> rest(4096);
                 while (source(rest) > 0) {
                 }
               });
}

/// Its mode is that of a root that no layer has an entry for.
Fd make_root(const fs::path& root) {
  make_directories(root);
  if (::chmod(root.c_str(), 0755) != 0)
    throw Error::from_errno(errno, fmt::format("prepare '{}'", root.native()));
  return open_file(root, O_RDONLY | O_DIRECTORY);
}

UnpackOptions unpack_options(Rights rights, Whiteouts whiteouts) {
  // Devices need the rights of the machine's own root.
  return {owners_for(rights), rights == Rights::root, whiteouts, {}};
}

fs::path tree_root(const Chunk& chunk, const Store& store, Rights rights) {
  return store.folder("trees") / (chunk.key + rights_suffix(rights)) / "root";
}

/// Those of layers whose trees are not there.
std::vector<Descriptor> blobs_to_unpack(const std::vector<Chunk>& chunks, const Store& store,
                                        Rights rights) {
  std::vector<Descriptor> blobs;
  for (const auto& chunk : chunks) {
    if (lstat_file(tree_root(chunk, store, rights))) continue;
    for (const auto& planned : chunk.layers) blobs.push_back(planned.layer->blob);
  }
  return blobs;
}

fs::path require_tree(const Chunk& chunk, const Store& store, Rights rights) {
  auto root = tree_root(chunk, store, rights);
  if (lstat_file(root)) return root;
  const auto folder = root.parent_path();
  const FileLock lock(folder.native() + ".lock", FileLock::Mode::exclusive);
  if (lstat_file(root)) return root;
  // Whole or not at all. The folder that is renamed is not the root itself,
  // whose mode may forbid it.
  const TempDir unfinished(store.folder("tmp"), "tree-");
  const Fd into = make_root(unfinished.path() / "root");
  for (const auto& planned : chunk.layers) {
    auto options = unpack_options(rights, Whiteouts::keep);
    options.parents = planned.parents;
    unpack_layer(*planned.layer, store, into, options);
  }
  fs::rename(unfinished.path(), folder);
  return root;
}

fs::path require_empty_tree(const Store& store) {
  const auto root = store.folder("trees") / "empty" / "root";
  (void)make_root(root);
  return root;
}

}  // namespace

Owners owners_for(Rights rights) {
  return rights == Rights::single_id ? Owners::note : Owners::set;
}

std::string rights_suffix(Rights rights) {
  if (rights == Rights::root) return {};
  return fmt::format("-{}", rights == Rights::ranges ? "ranges" : "noted");
}

std::vector<std::string> tree_names(const std::vector<Layer>& layers, const Store& store) {
  View view;
  std::vector<std::string> names;
  const auto planned = plan_layers(layers, store, view);
  for (auto& chunk : chunks_of(planned)) names.push_back(std::move(chunk.key));
  return names;
}

Rootfs open_rootfs(const std::vector<Layer>& layers, const Store& store, Rights rights) {
  Rootfs rootfs;
  const auto planned = plan_layers(layers, store, rootfs.view);
  const auto chunks = chunks_of(planned);
  store.blobs().require(blobs_to_unpack(chunks, store, rights));
  for (const auto& chunk : chunks) {
    auto tree = require_tree(chunk, store, rights);
    // The kernel takes no tree twice. What is there again says all that it said
    // further down, so that can go.
    std::erase(rootfs.trees, tree);
    rootfs.trees.push_back(std::move(tree));
  }
  if (rootfs.trees.empty()) rootfs.trees.push_back(require_empty_tree(store));
  return rootfs;
}

void unpack_layers(const std::vector<Layer>& layers, const Store& store, const fs::path& into,
                   Rights rights) {
  const Fd root = make_root(into);
  store.blobs().require(blobs_of(layers));
  for (const auto& layer : layers)
    unpack_layer(layer, store, root, unpack_options(rights, Whiteouts::obey));
}

}  // namespace slipway
