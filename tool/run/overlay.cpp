#include "run/overlay.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

std::string name_of(const fs::path& directory, OverlayOptions& options) {
  const auto path = fs::absolute(directory);
  options.directories.push_back({path.native(), open_file(path, O_PATH | O_DIRECTORY)});
  return fmt::format("/proc/self/fd/{}", options.directories.back().fd.get());
}

/// The upper directory stands for "/" itself, so it needs the root's mode and owner.
/// An owner that we have no id for (a context that belongs to somebody else) is us.
void make_upper(const fs::path& upper, const fs::path& topmost) {
  make_directories(upper);
  const auto root = lstat_file(topmost);
  if (!root || !S_ISDIR(root->st_mode)) {
    throw Error(Errc::input,
                fmt::format("open root '{}': no such directory", printable(topmost.native())));
  }
  const auto is_given = [&] {
    return ::geteuid() != 0 || ::lchown(upper.c_str(), root->st_uid, root->st_gid) == 0 ||
           errno == EINVAL;
  };
  if (!is_given() || ::chmod(upper.c_str(), root->st_mode & 07777) != 0) {
    throw Error::from_errno(errno, fmt::format("prepare '{}'", upper.native()));
  }
}

/// A volatile overlay leaves a mark there, which the next mount would refuse.
void make_work(const fs::path& scratch) {
  remove_tree(open_file(scratch, O_RDONLY | O_DIRECTORY), "work", {});
  make_directories(scratch / "work");
}

}  // namespace

int mount_overlay(const OverlayOptions& options, const char* target) noexcept {
  for (const auto& directory : options.directories) {
    const int opened = ::open(directory.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return errno;
    const bool done = ::dup3(opened, directory.fd.get(), O_CLOEXEC) >= 0;
    const int error = errno;
    ::close(opened);
    if (!done) return error;
  }
  return ::mount("overlay", target, "overlay", 0, options.text.c_str()) == 0 ? 0 : errno;
}

OverlayOptions overlay_options(const std::vector<fs::path>& trees, const fs::path& scratch) {
  make_upper(scratch / "upper", trees.back());
  make_work(scratch);
  OverlayOptions options;
  std::string lower;
  for (auto tree = trees.rbegin(); tree != trees.rend(); ++tree) {
    if (!lower.empty()) lower += ':';
    lower += name_of(*tree, options);
  }
  const auto upper = name_of(scratch / "upper", options);
  const auto work = name_of(scratch / "work", options);
  // Volatile: a command that syncs (dpkg does, for each file) waits for no disk. What
  // it leaves is read at once, and lost to a crash either way.
  options.text =
      fmt::format("lowerdir={},upperdir={},workdir={},userxattr,volatile", lower, upper, work);
  return options;
}

}  // namespace slipway
