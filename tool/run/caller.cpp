#include "run/caller.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace slipway {

int Caller::read(std::uint64_t address, void* to, std::size_t size) const noexcept {
  const iovec ours = {to, size};
  const iovec theirs = {reinterpret_cast<void*>(address), size};
  const ssize_t count = ::process_vm_readv(thread(), &ours, 1, &theirs, 1, 0);
  return count == static_cast<ssize_t>(size) ? 0 : EFAULT;
}

int Caller::write(std::uint64_t address, const void* from, std::size_t size) const noexcept {
  const iovec ours = {const_cast<void*>(from), size};
  const iovec theirs = {reinterpret_cast<void*>(address), size};
  const ssize_t count = ::process_vm_writev(thread(), &ours, 1, &theirs, 1, 0);
  return count == static_cast<ssize_t>(size) ? 0 : EFAULT;
}

/// Page by page: what follows the text may not be there.
int Caller::read_text(std::uint64_t address, char* to, std::size_t size) const noexcept {
  constexpr std::size_t page = 4096;
  for (std::size_t done = 0; done < size;) {
    const auto count = std::min(size - done, page - (address + done) % page);
    if (const int error = read(address + done, to + done, count)) return error;
    if (std::memchr(to + done, '\0', count) != nullptr) return 0;
    done += count;
  }
  return ENAMETOOLONG;
}

int Caller::path(int directory, std::uint64_t address, Path& path) const noexcept {
  char given[PATH_MAX];
  if (const int error = read_text(address, given, sizeof given)) return error;
  const std::size_t room = sizeof path.text;
  if (std::strncmp(given, "/proc/self/", 11) == 0) {
    std::snprintf(path.text, room, "/proc/%d/%s", thread(), given + 11);
  } else if (given[0] == '/') {
    std::snprintf(path.text, room, "/proc/%d/root%s", thread(), given);
  } else if (directory == AT_FDCWD) {
    std::snprintf(path.text, room, "/proc/%d/cwd/%s", thread(), given);
  } else if (given[0] != '\0') {
    std::snprintf(path.text, room, "/proc/%d/fd/%d/%s", thread(), directory, given);
  } else {
    open_path(directory, path);
  }
  path.is_empty = given[0] == '\0';
  return 0;
}

void Caller::open_path(int file, Path& path) const noexcept {
  std::snprintf(path.text, sizeof path.text, "/proc/%d/fd/%d", thread(), file);
  path.is_empty = true;
}

}  // namespace slipway
