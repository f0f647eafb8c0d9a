#include "base/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(std::string_view verb, const fs::path& path) {
  throw Error::from_errno(errno, fmt::format("{} '{}'", verb, printable(path.native())));
}

constexpr std::string_view temporary_prefix = ".slipway-";
constexpr std::string_view temporary_suffix = ".tmp";

/// A name in `directory` that no other process or thread uses.
fs::path temporary_in(const fs::path& directory) {
  static std::atomic<unsigned> counter{0};
  return directory / fmt::format("{}{}-{}{}", temporary_prefix, ::getpid(),
                                 counter.fetch_add(1, std::memory_order_relaxed), temporary_suffix);
}

void remove_quietly(const fs::path& path) noexcept { ::unlink(path.c_str()); }

/// A reflink where the filesystem has them, else a copy inside the kernel.
void copy_bytes(const Fd& from, const Fd& to, const fs::path& name) {
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return;
  for (;;) {
    const ssize_t copied = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, 1u << 30, 0);
    if (copied == 0) return;
    if (copied > 0) continue;
    if (errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
      fail("copy", name);
    break;
  }
  std::string buffer(1u << 20, '\0');
  const auto bytes = std::as_writable_bytes(std::span(buffer));
  while (const auto size = read_some(from, bytes, name.native())) {
    write_all(to, bytes.first(size), name.native());
  }
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

int Fd::release() noexcept { return std::exchange(fd_, -1); }

void Fd::close_checked(std::string_view what) {
  if (::close(release()) != 0)
    throw Error::from_errno(errno, fmt::format("close '{}'", printable(what)));
}

Fd open_file(const fs::path& path, int flags, mode_t mode) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) fail("open", path);
  return fd;
}

std::optional<Fd> open_in_root(const Fd& root, std::string_view path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.resolve = RESOLVE_IN_ROOT;
  const std::string name = path.empty() ? "." : std::string(path);
  for (;;) {
    Fd fd(static_cast<int>(::syscall(SYS_openat2, root.get(), name.c_str(), &how, sizeof how)));
    if (fd) return fd;
    if (errno == EINTR || errno == EAGAIN) continue;  // EAGAIN: a rename raced the lookup
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    if (errno == ENOSYS) {
      throw Error(Errc::environment, "open a path inside a root: the kernel has no openat2")
          .with_hint("Linux 5.6 or later is needed");
    }
    fail("open", name);
  }
}

std::optional<struct stat> lstat_file(const fs::path& path) {
  struct stat st = {};
  if (::lstat(path.c_str(), &st) == 0) return st;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail("stat", path);
}

void write_all(const Fd& fd, std::span<const std::byte> bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {  // a pipe of somebody who does not want to wait; we do
        pollfd ready = {fd.get(), POLLOUT, 0};
        (void)::poll(&ready, 1, -1);
        continue;
      }
      throw Error::from_errno(errno, fmt::format("write '{}'", printable(what)));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

namespace {

/// Calls `read` for the rest of the bytes until there are none, or no more come.
template <typename Read>
std::size_t read_repeatedly(std::span<std::byte> bytes, std::string_view what, Read&& read) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const ssize_t count = read(bytes.subspan(total), total);
    if (count < 0) {
      if (errno == EINTR) continue;
      throw Error::from_errno(errno, fmt::format("read '{}'", printable(what)));
    }
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

}  // namespace

std::size_t read_some(const Fd& fd, std::span<std::byte> bytes, std::string_view what) {
  return read_repeatedly(bytes, what, [&](std::span<std::byte> rest, std::size_t) {
    return ::read(fd.get(), rest.data(), rest.size());
  });
}

std::size_t read_at(const Fd& fd, std::span<std::byte> bytes, std::uint64_t offset,
                    std::string_view what) {
  return read_repeatedly(bytes, what, [&](std::span<std::byte> rest, std::size_t done) {
    return ::pread(fd.get(), rest.data(), rest.size(), static_cast<off_t>(offset + done));
  });
}

std::vector<std::string> list_directory(const Fd& directory, std::string_view name) {
  const auto refuse = [&] {
    throw Error::from_errno(errno, fmt::format("read directory '{}'", printable(name)));
  };
  // A second descriptor: closedir() closes the one that it reads.
  Fd own(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(own ? ::fdopendir(own.get()) : nullptr,
                                                   ::closedir);
  if (!stream) refuse();
  own.release();
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = ::readdir(stream.get())) {
    const std::string_view child = entry->d_name;
    if (child != "." && child != "..") names.emplace_back(child);
  }
  if (errno != 0) refuse();
  std::ranges::sort(names);
  return names;
}

std::optional<std::string> read_file_if_exists(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail("open", path);
  }
  struct stat st = {};
  if (::fstat(fd.get(), &st) != 0) fail("stat", path);
  // One byte more than there should be, so that the end shows in the first read.
  std::string text(static_cast<std::size_t>(st.st_size) + 1, '\0');
  std::size_t size = read_some(fd, std::as_writable_bytes(std::span(text)), path.native());
  // Pipes and growing files: go on to the real end.
  while (size == text.size()) {
    text.resize(text.size() + std::max<std::size_t>(text.size(), 65536));
    const auto more =
        read_some(fd, std::as_writable_bytes(std::span(text)).subspan(size), path.native());
    if (more == 0) break;
    size += more;
  }
  text.resize(size);
  return text;
}

std::string read_file(const fs::path& path) {
  auto text = read_file_if_exists(path);
  if (!text) {
    errno = ENOENT;
    fail("open", path);
  }
  return std::move(*text);
}

TemporaryFile::TemporaryFile(const fs::path& directory, mode_t mode) {
  // A killed process of our number may have left a file of this name, and in
  // another pid namespace a living one has our number.
  do {
    temporary_ = temporary_in(directory);
    fd_ = Fd(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  } while (!fd_ && errno == EEXIST);
  if (!fd_) fail("open", std::exchange(temporary_, {}));
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : temporary_(std::exchange(other.temporary_, {})), fd_(std::move(other.fd_)) {}

TemporaryFile::~TemporaryFile() {
  if (!temporary_.empty()) remove_quietly(temporary_);
}

void TemporaryFile::move_to(const fs::path& path) && {
  fd_.close_checked(path.native());
  if (::rename(temporary_.c_str(), path.c_str()) != 0) fail("write", path);
  temporary_.clear();
}

AtomicFile::AtomicFile(fs::path path) : AtomicFile(path, path.parent_path()) {}

AtomicFile::AtomicFile(fs::path path, const fs::path& scratch)
    : path_(std::move(path)), file_(scratch) {}

void AtomicFile::write(std::string_view text) {
  write_all(file_.fd(), std::as_bytes(std::span(text)), path_.native());
}

void AtomicFile::commit() && { std::move(file_).move_to(path_); }

bool write_file_if_changed(const fs::path& path, std::string_view content,
                           const fs::path& scratch) {
  const auto old = read_file_if_exists(path);
  if (old && *old == content) return false;
  make_directories(path.parent_path());
  if (!scratch.empty()) make_directories(scratch);
  AtomicFile file(path, scratch.empty() ? path.parent_path() : scratch);
  file.write(content);
  std::move(file).commit();
  return true;
}

void remove_leftovers(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().native();
    if (name.starts_with(temporary_prefix) && name.ends_with(temporary_suffix))
      remove_quietly(it->path());
  }
}

void make_directories(const fs::path& path) {
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    throw Error::from_errno(error.value(),
                            fmt::format("create directory '{}'", printable(path.native())));
  }
}

TempDir::TempDir(const fs::path& parent, std::string_view prefix) {
  std::string name = (parent / fmt::format("{}XXXXXX", prefix)).native();
  if (::mkdtemp(name.data()) == nullptr) fail("create a temporary directory in", parent);
  path_ = name;
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir::~TempDir() {
  if (path_.empty()) return;
  try {
    remove_tree(open_file(path_.parent_path(), O_RDONLY | O_DIRECTORY), path_.filename(), {});
  } catch (const Error&) {
    // Nobody is there to be told.
  }
}

void TempDir::move_to(const fs::path& parent) {
  const auto target = parent / path_.filename();
  if (::rename(path_.c_str(), target.c_str()) != 0) fail("move", path_);
  path_ = target;
}

FileLock::FileLock(const fs::path& path, Mode mode) : fd_(open_file(path, O_RDWR | O_CREAT)) {
  while (::flock(fd_.get(), mode == Mode::shared ? LOCK_SH : LOCK_EX) != 0) {
    if (errno != EINTR) fail("lock", path);
  }
}

std::optional<FileLock> FileLock::try_exclusive(const fs::path& path) {
  Fd fd = open_file(path, O_RDWR | O_CREAT);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) fail("lock", path);
  }
  return FileLock(std::move(fd));
}

std::optional<Fd> try_lock_directory(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return fd;
}

void link_or_copy(const fs::path& from, const fs::path& to) {
  const Fd source = open_file(from, O_RDONLY);
  struct stat source_stat = {};
  if (::fstat(source.get(), &source_stat) != 0) fail("stat", from);
  const auto there = lstat_file(to);
  if (there && (same_file(*there, source_stat) ||
                (S_ISREG(there->st_mode) && there->st_size == source_stat.st_size))) {
    return;
  }
  const auto temporary = temporary_in(to.parent_path());
  if (::link(from.c_str(), temporary.c_str()) != 0) {
    Fd copy = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
    try {
      copy_bytes(source, copy, to);
      const struct timespec times[2] = {source_stat.st_atim, source_stat.st_mtim};
      if (::futimens(copy.get(), times) != 0) fail("set the time of", to);
      if (::fchmod(copy.get(), source_stat.st_mode & 07777) != 0) fail("set the mode of", to);
      copy.close_checked(to.native());
    } catch (...) {
      remove_quietly(temporary);
      throw;
    }
  }
  if (::rename(temporary.c_str(), to.c_str()) != 0) {
    const int saved = errno;
    remove_quietly(temporary);
    errno = saved;
    fail("write", to);
  }
  remove_quietly(temporary);  // rename() of two links to one file does nothing
}

}  // namespace slipway
