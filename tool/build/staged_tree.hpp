#pragma once

#include <sys/stat.h>
#include <time.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace slipway {

/// What is to stand at one path of a staged tree.
struct StagedEntry {
  enum class Type : char { file = 'f', directory = 'd', symlink = 'l' };
  Type type = Type::directory;
  std::uint32_t mode = 0755;          ///< 07777; not for symlinks
  std::uint64_t size = 0;             ///< files
  struct timespec time = {};          ///< files: the time of the source
  struct timespec changed = {};       ///< files: when anything of the source last changed
  std::uint64_t inode = 0;            ///< files: the source's
  std::filesystem::path source = {};  ///< files: where the bytes are
  std::string link_target = {};       ///< symlinks
};

/// Permissions of a file or directory of the tree.
enum class StagedModes {
  kept,        ///< as the source has them
  normalised,  ///< 0755 for directories and what its owner may execute, else 0644
};

/// A tree of files that a layer's context is to hold: where each comes from,
/// not yet copied. Paths are relative, without "." and "..".
class StagedTree {
 public:
  /// Every entry by path; a parent comes before what it holds.
  const std::map<std::string, StagedEntry>& entries() const noexcept { return entries_; }

  /// Put a directory there, parents made (0755). Throws Errc::input when a file is there.
  void add_directory(const std::string& path, std::uint32_t mode = 0755);

  /// Put the regular file `source` at `path`, over a file put there before.
  void add_file(const std::string& path, const std::filesystem::path& source,
                const struct stat& source_stat, StagedModes modes);

  /// Put a symlink there.
  void add_symlink(const std::string& path, std::string target);

  /// True for what add_contents() is to pass over, with all that it holds.
  using LeaveOut = std::function<bool(const std::string& path, const std::filesystem::path& source,
                                      const struct stat& status)>;

  /// Put all that the directory `source` holds below `path`; symlinks as they
  /// are; sockets, pipes and devices left out. What was read is put into
  /// `read`: files and directories.
  void add_contents(const std::string& path, const std::filesystem::path& source, StagedModes modes,
                    std::set<std::filesystem::path>& read, const LeaveOut& leave_out = {});

 private:
  void add(const std::string& path, StagedEntry entry);

  std::map<std::string, StagedEntry> entries_;
};

/// `directory` + '/' + `name`, where an empty directory is the root of the tree.
std::string join_staged(std::string_view directory, std::string_view name);

}  // namespace slipway
