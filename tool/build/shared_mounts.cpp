#include "build/shared_mounts.hpp"

#include "base/digesting.hpp"
#include "build/shared_cache.hpp"
#include "build/trees.hpp"
#include "layer/changes.hpp"

namespace slipway {
namespace {

/// A tag has 128 characters at most, and an id may hold any.
std::string mount_key(const std::string& id) { return "mount-" + sha256_hex(id); }

}  // namespace

bool fetch_shared_mount(const std::string& id, const std::filesystem::path& folder,
                        const BuildContext& context, Rights rights) {
  if (context.cache == nullptr) return false;
  const auto layer = context.cache->find_mount(mount_key(id), context.store);
  if (!layer) return false;
  unpack_layers({*layer}, context.store, folder, rights);
  return true;
}

void share_mount(const std::string& id, const std::filesystem::path& folder,
                 const BuildContext& context, Rights rights) {
  if (context.cache == nullptr || !context.cache->keeps_mounts()) return;
  const auto pack_folder = [&] {
    ChangedTree tree{.path = folder, .keeps_times = true};
    tree.owners_unknown = rights == Rights::single_id;
    return pack(list_changes(tree, View()), {}, context.store).layer;
  };
  context.cache->keep_mount(mount_key(id), pack_folder, context.store);
}

}  // namespace slipway
