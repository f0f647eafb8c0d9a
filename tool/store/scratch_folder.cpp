#include "store/scratch_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/tree_remover.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

void remove_dead(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    if (!try_lock_directory(it->path())) continue;
    try {
      remove_tree(open_file(parent, O_RDONLY | O_DIRECTORY), it->path().filename(), {});
    } catch (const Error&) {
      // Another process is at it, or has the rights to.
    }
  }
}

fs::path cleared(const fs::path& parent) {
  remove_dead(parent);
  return parent;
}

/// A folder that is made but not yet locked looks dead, so it gets its place last.
Fd lock_and_move(TempDir& folder, const fs::path& parent) {
  auto lock = try_lock_directory(folder.path());
  if (!lock) throw Error::from_errno(errno, fmt::format("lock '{}'", folder.path().native()));
  folder.move_to(parent);
  return std::move(*lock);
}

}  // namespace

ScratchFolder::ScratchFolder(const Store& store, std::string_view prefix)
    : folder_(store.folder("tmp"), prefix),
      lock_(lock_and_move(folder_, cleared(store.folder("scratch")))) {}

}  // namespace slipway
