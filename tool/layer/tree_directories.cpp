#include "layer/tree_directories.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/file_entry.hpp"
#include "layer/metadata.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace {

constexpr int max_links = 255;
constexpr mode_t owner_may_all = 0700;
constexpr mode_t implied_mode = 0755;

[[noreturn]] void fail(std::string_view verb, std::string_view name) {
  throw Error::from_errno(errno, fmt::format("{} '{}'", verb, printable(name)));
}

struct stat status_of(const Fd& file) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) fail("stat", "directory");
  return status;
}

/// The kernel's lookup; why it does not get there, the walk will find out.
std::optional<Fd> try_open(const Fd& root, std::string_view path) {
  try {
    return open_long_in_root(root, path, O_PATH | O_DIRECTORY);
  } catch (const Error&) {
    return std::nullopt;
  }
}

Fd open_child(const Fd& parent, const std::string& name) {
  Fd child(::openat(parent.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!child) fail("open", name);
  return child;
}

std::optional<mode_t> type_at(const Fd& parent, const std::string& name) {
  struct stat status = {};
  if (::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return status.st_mode & S_IFMT;
  }
  if (errno == ENOENT) return std::nullopt;
  fail("stat", name);
}

std::string read_link(const Fd& parent, const std::string& name) {
  std::array<char, PATH_MAX> target = {};
  const ssize_t size = ::readlinkat(parent.get(), name.c_str(), target.data(), target.size());
  if (size < 0) fail("read link", name);
  return std::string(target.data(), static_cast<std::size_t>(size));
}

void push_front(std::deque<std::string>& parts, std::string_view path) {
  std::vector<std::string> more;
  for (auto part = take_part(path); !part.empty(); part = take_part(path)) more.emplace_back(part);
  parts.insert(parts.begin(), more.begin(), more.end());
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

const Fd& TreeDirectories::open(std::string_view path) {
  if (cache_is_valid_ && cached_path_ == path) return cached_;
  auto found = try_open(root_, path);
  cached_ = found ? std::move(*found) : walk(path);
  cached_path_ = path;
  cache_is_valid_ = true;
  remember(cached_, path);
  return cached_;
}

std::optional<Fd> TreeDirectories::open_existing(std::string_view path) {
  auto found = try_open(root_, path);
  if (found) remember(*found, path);
  return found;
}

/// Part by part, as the kernel would go, but making what is missing, also
/// behind a symlink that leads to nothing yet.
Fd TreeDirectories::walk(std::string_view wanted) {
  const auto open_directory = [this](std::string_view path) {
    auto directory = open_long_in_root(root_, path, O_PATH | O_DIRECTORY);
    if (!directory) throw Error::from_errno(ENOENT, fmt::format("open '{}'", printable(path)));
    return std::move(*directory);
  };
  std::deque<std::string> parts;
  push_front(parts, wanted);
  std::string path;  // of `here`, without symlinks
  Fd here = open_directory(path);
  for (int links = 0; !parts.empty();) {
    const std::string name = std::move(parts.front());
    parts.pop_front();
    if (name == ".") continue;
    if (name == "..") {
      path.resize(parent_name(path).size());
      here = open_directory(path);
      continue;
    }
    const auto type = type_at(here, name);
    if (type == S_IFLNK) {
      if (++links > max_links) throw Error(Errc::input, "too many levels of symbolic links");
      const std::string target = read_link(here, name);
      if (target.starts_with('/')) path.clear();
      if (target.starts_with('/')) here = open_directory(path);
      push_front(parts, target);
      continue;
    }
    path = join_path(path, name);
    if (type == S_IFDIR) {
      here = open_child(here, name);
      remember(here, path);
    } else {
      here = type ? replace(here, name, path) : make(here, name, path);
    }
  }
  return here;
}

Fd TreeDirectories::make(const Fd& parent, const std::string& name, std::string path) {
  if (::mkdirat(parent.get(), name.c_str(), owner_may_all) != 0) fail("create directory", name);
  Fd child = open_child(parent, name);
  const FileId id = FileId::of(status_of(child));
  // The number may be that of a directory that was removed meanwhile.
  if (const auto old = index_.find(id); old != index_.end()) {
    pending_[old->second].id = {};
    index_.erase(old);
  }
  Pending& pending = remember(child, path);
  pending.mode = implied_mode;
  pending.mtime = {};
  made_.insert(id);
  return child;
}

/// A directory where something else is. What lies further beneath under that
/// name was hidden, and stays so.
Fd TreeDirectories::replace(const Fd& parent, const std::string& name, std::string path) {
  remove_tree(parent, name, {});
  Fd directory = make(parent, name, std::move(path));
  if (whiteouts_ == Whiteouts::keep) mark_opaque(parent, name);
  return directory;
}

void TreeDirectories::put(const Entry& entry) {
  if (entry.path.empty()) {
    remember(open(""), "").entry = entry;
    return;
  }
  const Fd& parent = open(parent_name(entry.path));
  const std::string name(base_name(entry.path));
  const auto type = type_at(parent, name);
  const Fd directory = type == S_IFDIR ? open_child(parent, name)
                       : type          ? replace(parent, name, entry.path)
                                       : make(parent, name, entry.path);
  if (type && type != S_IFDIR) paths_changed();
  Pending& pending = remember(directory, entry.path);
  pending.entry = entry;
  made_.insert(pending.id);
}

TreeDirectories::Pending& TreeDirectories::remember(const Fd& directory, std::string_view path) {
  const struct stat status = status_of(directory);
  const FileId id = FileId::of(status);
  const auto [found, is_new] = index_.try_emplace(id, pending_.size());
  if (!is_new) return pending_[found->second];
  if (::geteuid() != 0 && (status.st_mode & owner_may_all) != owner_may_all) {
    // O_PATH descriptors take no fchmod(). If it fails, using the directory will tell.
    const auto self = fmt::format("/proc/self/fd/{}", directory.get());
    (void)::chmod(self.c_str(), (status.st_mode & 07777) | owner_may_all);
  }
  return pending_.emplace_back(
      Pending{std::string(path), id, status.st_mode & 07777, status.st_mtim, std::nullopt});
}

void TreeDirectories::finish() {
  for (auto pending = pending_.rbegin(); pending != pending_.rend(); ++pending) {
    with_context([&] { return fmt::format("unpack '{}'", printable(pending->path)); },
                 [&] { apply(*pending); });
  }
}

void TreeDirectories::apply(const Pending& pending) const {
  const auto directory = open_long_in_root(root_, pending.path, O_RDONLY | O_DIRECTORY);
  if (!directory) return;  // removed or replaced since
  const struct stat status = status_of(*directory);
  if (FileId::of(status) != pending.id) return;
  if (pending.entry) return set_metadata(*directory, *pending.entry, owners_);
  if ((status.st_mode & 07777) != pending.mode && ::fchmod(directory->get(), pending.mode) != 0) {
    fail("set the mode of", pending.path);
  }
  const timespec times[2] = {pending.mtime, pending.mtime};
  if (!same_time(status.st_mtim, pending.mtime) && ::futimens(directory->get(), times) != 0) {
    fail("set the time of", pending.path);
  }
}

}  // namespace slipway
