#include "build/stage_folder.hpp"

#include <sched.h>
#include <sys/mount.h>

#include "build/trees.hpp"
#include "run/overlay.hpp"

namespace slipway {

StageFolder::StageFolder(const std::vector<Layer>& layers, const Store& store)
    : scratch_(store, "folder-"), root_(scratch_.path() / "root") {
  const auto rights = become_root();
  make_directories(root_);
  is_mounted_ = mount(open_rootfs(layers, store, rights).trees);
  if (!is_mounted_) unpack_layers(layers, store, root_, rights);
}

StageFolder::~StageFolder() {
  if (is_mounted_) ::umount2(root_.c_str(), MNT_DETACH);
}

bool StageFolder::mount(const std::vector<std::filesystem::path>& trees) {
  if (::unshare(CLONE_NEWNS) != 0) return false;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount_overlay(overlay_options(trees, scratch_.path()), root_.c_str()) == 0;
}

}  // namespace slipway
