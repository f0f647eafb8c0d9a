#include "container/changes.hpp"

#include <limits>
#include <map>

#include "build/rootfs.hpp"
#include "layer/changes.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace {

struct Found {
  View beneath = {};
  std::vector<PackItem> items = {};
};

Found find_changes(const Container& container, std::int64_t epoch, const Store& store) {
  const auto rights = become_root();
  const auto state = container.state();
  Found found;
  found.beneath = view_of(layers_of(image_of(container, store)), store);
  ChangedTree tree;
  tree.kind = state.is_copy ? ChangedTree::Kind::whole : ChangedTree::Kind::overlay;
  tree.path = container.changes() / (state.is_copy ? "root" : "upper");
  tree.mount_points = state.mount_points;
  tree.owners_unknown = rights == Rights::single_id;
  const auto links = container.changes() / "links";
  if (tree.owners_unknown && lstat_file(links)) tree.links = links;
  tree.epoch = epoch;
  // One that has never run has changed nothing.
  if (lstat_file(tree.path)) found.items = list_changes(tree, found.beneath);
  return found;
}

}  // namespace

std::vector<PackItem> container_changes(const Container& container, std::int64_t epoch,
                                        const Store& store) {
  return find_changes(container, epoch, store).items;
}

std::vector<ChangedPath> container_diff(const Container& container, const Store& store) {
  const auto found = find_changes(container, std::numeric_limits<std::int64_t>::max(), store);
  std::map<std::string, char> kinds;
  for (const auto& item : found.items) {
    const auto& path = item.entry.path;
    if (path.empty() || item.entry.type == EntryType::opaque) continue;
    const bool is_gone = item.entry.type == EntryType::whiteout;
    kinds[path] = is_gone ? 'D' : found.beneath.find(path) != nullptr ? 'C' : 'A';
    for (auto end = path.rfind('/'); end != std::string::npos; end = path.rfind('/', end - 1)) {
      kinds.try_emplace(path.substr(0, end), 'C');
    }
  }
  std::vector<ChangedPath> changes;
  for (const auto& [path, kind] : kinds) changes.push_back({kind, '/' + path});
  return changes;
}

}  // namespace slipway
