#pragma once

#include <linux/seccomp.h>
#include <sys/types.h>

#include <climits>
#include <cstddef>
#include <cstdint>

namespace slipway {

/// A process that waits in a system call for our answer: its memory, and its
/// paths as we reach them. Allocates nothing.
class Caller {
 public:
  explicit Caller(const seccomp_notif& call) noexcept : call_(call) {}

  pid_t thread() const noexcept { return static_cast<pid_t>(call_.pid); }
  int number() const noexcept { return call_.data.nr; }
  std::uint64_t argument(unsigned index) const noexcept { return call_.data.args[index]; }
  int file(unsigned index) const noexcept { return static_cast<int>(call_.data.args[index]); }
  std::uint32_t id(unsigned index) const noexcept {
    return static_cast<std::uint32_t>(call_.data.args[index]);
  }

  /// Both return 0 or errno.
  int read(std::uint64_t address, void* to, std::size_t size) const noexcept;
  int write(std::uint64_t address, const void* from, std::size_t size) const noexcept;

  /// A path of the caller's, relative to its own open directory `directory`
  /// (AT_FDCWD: the current one), as a path of ours below /proc. An empty one is
  /// the open file itself.
  struct Path {
    char text[PATH_MAX + 64] = {};
    bool is_empty = false;
  };
  /// Returns 0 or errno.
  int path(int directory, std::uint64_t address, Path& path) const noexcept;
  void open_path(int file, Path& path) const noexcept;

  /// A text of the caller's as it is. Returns 0 or errno.
  int text(std::uint64_t address, Path& text) const noexcept {
    return read_text(address, text.text, PATH_MAX);
  }

 private:
  int read_text(std::uint64_t address, char* to, std::size_t size) const noexcept;

  const seccomp_notif& call_;
};

}  // namespace slipway
