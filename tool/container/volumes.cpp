#include "container/volumes.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"
#include "build/rootfs.hpp"
#include "container/child_process.hpp"
#include "container/copy.hpp"
#include "container/name.hpp"
#include "layer/path.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

fs::path volumes_of(const Store& store) { return store.folder("volumes"); }

bool is_filled(const ContainerSpec& spec, const SandboxMount& mount) {
  return std::ranges::find(spec.unfilled, mount.target) == spec.unfilled.end();
}

/// Volumes that want what the image has, and for which it has something.
std::vector<SandboxMount> volumes_to_fill(const Container& container, const Store& store) {
  const auto& spec = container.spec();
  std::vector<SandboxMount> wanted;
  std::optional<View> image;
  for (const auto& mount : spec.mounts) {
    if (is_filled(spec, mount) || !volume_of(mount, store)) continue;
    std::error_code unreadable;  // another user's: then it is not empty
    if (!fs::is_empty(mount.source, unreadable) || unreadable) continue;
    if (!image) image = view_of(layers_of(image_of(container, store)), store);
    const auto found = image->resolve(mount.target, true);
    if (found.node != nullptr && found.node->entry.type == EntryType::directory)
      wanted.push_back(mount);
  }
  return wanted;
}

}  // namespace

std::string new_volume_name() { return new_container_id(); }

bool is_unnamed_volume(const std::string& name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

fs::path volume_folder(const std::string& name, const Store& store) {
  if (!is_container_name(name)) {
    throw Error(
        Errc::usage,
        fmt::format("name the volume '{}': letters, digits and '_.-' are allowed, at least two of "
                    "them, a letter or digit first; a path begins with '/' or './'",
                    printable(name)));
  }
  return store.folder("volumes/" + name);
}

std::optional<std::string> volume_of(const SandboxMount& mount, const Store& store) {
  const bool is_volume =
      mount.kind == SandboxMount::Kind::bind && mount.source.parent_path() == volumes_of(store);
  return is_volume ? std::optional(mount.source.filename().native()) : std::nullopt;
}

void add_image_volumes(ContainerSpec& spec, const Store& store) {
  for (const auto& path : spec.config.config.volumes) {
    const auto target = "/" + clean_path(path);
    const bool is_taken = std::ranges::any_of(
        spec.mounts, [&](const SandboxMount& mount) { return mount.target == target; });
    if (is_taken || target == "/") continue;
    SandboxMount mount;
    mount.source = volume_folder(new_volume_name(), store);
    mount.target = target;
    mount.read_only = false;
    spec.mounts.push_back(std::move(mount));
    spec.unfilled.push_back(target);
  }
}

void fill_volumes(const Container& container, const Store& store) {
  const auto volumes = volumes_to_fill(container, store);
  if (volumes.empty()) return;
  // To see the image's files a process has to leave ours.
  run_in_child([&] {
    std::vector<VolumeCopy> copies;
    for (const auto& mount : volumes) copies.push_back({mount.target, mount.source});
    copy_to_volumes(container, copies, store);
  });
}

void remove_unnamed_volumes(const ContainerSpec& spec, const Store& store) {
  for (const auto& mount : spec.mounts) {
    const auto name = volume_of(mount, store);
    if (!name || !is_unnamed_volume(*name) || !lstat_file(mount.source)) continue;
    // What belongs to other ids can be removed by root of a namespace that has them.
    try_become_root();
    remove_tree(open_file(volumes_of(store), O_RDONLY | O_DIRECTORY), *name, {});
  }
}

}  // namespace slipway
