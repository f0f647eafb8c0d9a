#include "build/staged_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

std::uint32_t mode_of(const struct stat& st, StagedModes modes) {
  if (modes == StagedModes::kept) return st.st_mode & 07777;
  return S_ISDIR(st.st_mode) || (st.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
}

std::string read_link(const fs::path& path) {
  std::error_code error;
  auto target = fs::read_symlink(path, error);
  if (error)
    throw Error::from_errno(error.value(), fmt::format("read link '{}'", printable(path.native())));
  return target.native();
}

}  // namespace

std::string join_staged(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : fmt::format("{}/{}", directory, name);
}

void StagedTree::add(const std::string& path, StagedEntry entry) {
  if (const auto slash = path.rfind('/'); slash != std::string::npos)
    add_directory(path.substr(0, slash));
  const auto [there, is_new] = entries_.try_emplace(path, entry);
  if (is_new) return;
  const bool was_directory = there->second.type == StagedEntry::Type::directory;
  if (was_directory != (entry.type == StagedEntry::Type::directory)) {
    throw Error(Errc::input,
                fmt::format("'{}' would be a directory and a file at once", printable(path)));
  }
  there->second = std::move(entry);
}

void StagedTree::add_directory(const std::string& path, std::uint32_t mode) {
  if (path.empty()) return;
  const auto there = entries_.find(path);
  const bool is_there =
      there != entries_.end() && there->second.type == StagedEntry::Type::directory;
  if (is_there && mode == 0755) return;
  add(path, {.type = StagedEntry::Type::directory, .mode = mode});
}

void StagedTree::add_file(const std::string& path, const fs::path& source,
                          const struct stat& source_stat, StagedModes modes) {
  add(path, {.type = StagedEntry::Type::file,
             .mode = mode_of(source_stat, modes),
             .size = static_cast<std::uint64_t>(source_stat.st_size),
             .time = source_stat.st_mtim,
             .changed = source_stat.st_ctim,
             .inode = source_stat.st_ino,
             .source = source});
}

void StagedTree::add_symlink(const std::string& path, std::string target) {
  add(path, {.type = StagedEntry::Type::symlink, .link_target = std::move(target)});
}

void StagedTree::add_contents(const std::string& path, const fs::path& source, StagedModes modes,
                              std::set<fs::path>& read, const LeaveOut& leave_out) {
  read.insert(source);
  for (const auto& name :
       list_directory(open_file(source, O_RDONLY | O_DIRECTORY), source.native())) {
    const auto below = source / name;
    const auto st = lstat_file(below);
    if (!st) continue;  // removed since it was listed
    const auto to = join_staged(path, name);
    if (leave_out && leave_out(to, below, *st)) continue;
    if (S_ISDIR(st->st_mode)) {
      add_directory(to, mode_of(*st, modes));
      add_contents(to, below, modes, read, leave_out);
    } else if (S_ISLNK(st->st_mode)) {
      add(to, {.type = StagedEntry::Type::symlink, .link_target = read_link(below)});
    } else if (S_ISREG(st->st_mode)) {
      read.insert(below);
      add_file(to, below, *st, modes);
    }
  }
}

}  // namespace slipway
