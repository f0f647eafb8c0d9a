#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// The time that every output gets: modification times of store and layout
/// files. Ninja takes 0 for "missing" and compares with commands' start, so it
/// is a fixed moment of the past (1980-01-01T00:00:00Z).
inline constexpr std::int64_t fixed_file_time = 315532800;

/// A time as the kernel gives it (timespec, statx_timestamp), in ns since 1970.
template <typename Time>
constexpr std::int64_t nanoseconds(const Time& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_nsec};
}

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept;

  /// For writers: close and throw what close() reports.
  void close_checked(std::string_view what);

 private:
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC. Throws "open '<path>': ...".
Fd open_file(const std::filesystem::path& path, int flags, mode_t mode = 0666);

/// Open `path` as if `root` were "/": no "..", symlink or absolute link gets
/// out (openat2 with RESOLVE_IN_ROOT). nullopt where nothing is there.
/// Throws Errc::environment where the kernel has no openat2 (before 5.6).
std::optional<Fd> open_in_root(const Fd& root, std::string_view path, int flags);

/// fstat/lstat with the path in the error. nullopt where nothing is there.
std::optional<struct stat> lstat_file(const std::filesystem::path& path);

/// Write all bytes; throws "write '<what>': ...".
void write_all(const Fd& fd, std::span<const std::byte> bytes, std::string_view what);

/// Read up to bytes.size() bytes, fewer only at the end of the file.
std::size_t read_some(const Fd& fd, std::span<std::byte> bytes, std::string_view what);

/// The same from a place in the file; where it stands does not matter, nor change.
std::size_t read_at(const Fd& fd, std::span<std::byte> bytes, std::uint64_t offset,
                    std::string_view what);

/// The names in an open directory, sorted, without "." and "..". Throws
/// "read directory '<name>': ...".
std::vector<std::string> list_directory(const Fd& directory, std::string_view name);

/// The whole file; nullopt where there is none.
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path);

/// The whole file. Throws "open '<path>': No such file or directory".
std::string read_file(const std::filesystem::path& path);

/// A new file under a name of its own, on its way to its real one. Without
/// move_to() the destructor leaves no trace. No fsync: what is written here can
/// be made again, and readers check sizes and digests.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& directory, mode_t mode = 0666);
  TemporaryFile(TemporaryFile&&) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();

  const Fd& fd() const noexcept { return fd_; }
  /// Closes the file and renames it. What is at `path` is replaced.
  void move_to(const std::filesystem::path& path) &&;

 private:
  std::filesystem::path temporary_ = {};
  Fd fd_ = {};
};

/// A file that appears at its path only by commit(), whole, by rename.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  /// What is not committed yet lies in `scratch`, a directory that is there, on
  /// the same filesystem.
  AtomicFile(std::filesystem::path path, const std::filesystem::path& scratch);

  void write(std::string_view text);
  const Fd& fd() const noexcept { return file_.fd(); }
  void commit() &&;

 private:
  std::filesystem::path path_;
  TemporaryFile file_;
};

/// Early cut-off: replace the file (by rename, parents made) only when its
/// content differs. True when it was written. `scratch` as for AtomicFile, made
/// where it is missing; empty: beside the file.
bool write_file_if_changed(const std::filesystem::path& path, std::string_view content,
                           const std::filesystem::path& scratch = {});

/// Remove what killed writers left in a directory on their way to a commit().
/// For directories that nobody else writes to now.
void remove_leftovers(const std::filesystem::path& directory);

/// mkdir -p. Throws "create directory '<path>': ...".
void make_directories(const std::filesystem::path& path);

/// A directory of our own, removed with all it holds by the destructor
/// (directories without write permission included).
class TempDir {
 public:
  /// `parent` must exist; the name starts with `prefix`.
  TempDir(const std::filesystem::path& parent, std::string_view prefix);
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();
  const std::filesystem::path& path() const noexcept { return path_; }

  /// Give it a place in another directory of the same filesystem, under its own name.
  void move_to(const std::filesystem::path& parent);

 private:
  std::filesystem::path path_;
};

/// An advisory lock (flock) on a file, made if missing, held until destroyed.
class FileLock {
 public:
  enum class Mode { shared, exclusive };
  FileLock(const std::filesystem::path& path, Mode mode);
  /// An exclusive lock if nobody holds one now.
  static std::optional<FileLock> try_exclusive(const std::filesystem::path& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// Hold the directory itself, until the descriptor is closed. nullopt: somebody else holds
/// it, or it is gone.
std::optional<Fd> try_lock_directory(const std::filesystem::path& path);

/// Make `to` hold what `from` holds: a hard link where that is possible, else
/// a copy (reflink or copy_file_range). By rename; an equal `to` is left alone.
void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace slipway
