#include "container/root.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/rootfs.hpp"
#include "build/trees.hpp"
#include "layer/contents.hpp"
#include "run/overlay.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

Error refused(const Container& container) {
  return Error::from_errno(errno,
                           fmt::format("open the files of container '{}'", container.spec().name));
}

/// "0 1000 1" is all that a namespace with one id has.
Rights rights_here() {
  const auto map = read_file_if_exists("/proc/self/uid_map").value_or("");
  return split(trim(map), '\n').size() == 1 && trim(map).ends_with(" 1") ? Rights::single_id
                                                                         : Rights::ranges;
}

ContainerRoot open_running(const Container& container, int pid) {
  ContainerRoot root;
  if (::geteuid() != 0) {
    const auto users = open_file(fmt::format("/proc/{}/ns/user", pid), O_RDONLY);
    if (::setns(users.get(), CLONE_NEWUSER) != 0) throw refused(container);
    root.rights = rights_here();
  }
  root.directory = open_file(fmt::format("/proc/{}/root", pid), O_PATH | O_DIRECTORY);
  return root;
}

/// Seen by this process alone, and gone with it.
void mount_root(const Container& container, const Store& store, Rights rights,
                const fs::path& root) {
  const auto trees = open_rootfs(layers_of(image_of(container, store)), store, rights).trees;
  const auto options = overlay_options(trees, container.changes());
  const bool is_private = ::unshare(CLONE_NEWNS) == 0 &&
                          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  if (!is_private) throw refused(container);
  errno = mount_overlay(options, root.c_str());
  if (errno != 0) throw refused(container);
}

/// The directory, made where nothing is there; nothing where that cannot be.
std::optional<Fd> require_directory(const Fd& root, const std::string& path) {
  if (auto found = open_in_root(root, path, O_PATH)) return found;
  const auto parent = fs::path(path).parent_path();
  if (parent == path) return std::nullopt;
  const auto within = require_directory(root, parent);
  if (!within || ::mkdirat(within->get(), fs::path(path).filename().c_str(), 0755) != 0)
    return std::nullopt;
  return open_in_root(root, path, O_PATH);
}

/// Volumes and directories of the machine, where they are when it runs.
void mount_volumes(const Container& container, const Fd& root) {
  for (const auto& mount : container.spec().mounts) {
    if (mount.kind != SandboxMount::Kind::bind) continue;
    const auto target = mount.is_file ? open_in_root(root, mount.target, O_PATH)
                                      : require_directory(root, mount.target);
    if (!target) continue;
    const auto place = fmt::format("/proc/self/fd/{}", target->get());
    if (::mount(mount.source.c_str(), place.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
      throw refused(container);
    if (!mount.read_only) continue;
    const auto mounted = open_in_root(root, mount.target, O_PATH);
    // A remount would have to name all that the filesystem may not lose, as nosuid.
    mount_attr attributes = {};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(mounted ? mounted->get() : -1, "", AT_EMPTY_PATH | AT_RECURSIVE,
                        &attributes, sizeof attributes) != 0)
      throw refused(container);
  }
}

/// nullopt: it runs, or is about to.
std::optional<ContainerRoot> open_stopped(const Container& container, const Store& store,
                                          Volumes volumes) {
  ContainerRoot root{.guard = container.guard()};
  const auto state = container.state();
  if (state.phase == ContainerState::Phase::running) return std::nullopt;
  const bool is_copy = state.is_copy;
  root.rights = become_root();
  const auto path = container.changes() / "root";
  make_directories(path);
  if (!is_copy) mount_root(container, store, root.rights, path);
  root.directory = open_file(path, O_PATH | O_DIRECTORY);
  if (!is_copy && volumes == Volumes::mounted) mount_volumes(container, root.directory);
  return root;
}

void add_file(Contents& contents, const ContainerRoot& root, const std::string& path) {
  const auto file = open_in_root(root.directory, path, O_RDONLY | O_NONBLOCK);
  if (!file) return;
  std::string text(max_excerpt_size, '\0');
  text.resize(read_some(*file, std::as_writable_bytes(std::span(text)), path));
  Entry entry;
  entry.path = path;
  entry.type = EntryType::file;
  entry.size = text.size();
  contents.entries.push_back(std::move(entry));
  contents.excerpts[path] = std::move(text);
}

}  // namespace

ContainerRoot open_container_root(const Container& container, const Store& store, Volumes volumes) {
  while (true) {
    const auto state = container.state();
    if (state.pid != 0) return open_running(container, state.pid);
    if (auto root = open_stopped(container, store, volumes)) return std::move(*root);
    ::usleep(10'000);  // it is starting
  }
}

View users_of(const ContainerRoot& root) {
  Contents contents;
  add_file(contents, root, "etc/group");
  add_file(contents, root, "etc/passwd");
  View view;
  view.apply(contents);
  return view;
}

}  // namespace slipway
