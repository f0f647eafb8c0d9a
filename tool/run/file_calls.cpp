#include "run/file_calls.hpp"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "run/file_notes.hpp"

namespace slipway {
namespace {

class FileCall {
 public:
  FileCall(const Caller& caller, const Identity& identity, int links) noexcept
      : caller_(caller), identity_(identity), links_(links) {}

  CallAnswer handle() noexcept {
    switch (caller_.number()) {
#ifdef SYS_chown
      case SYS_chown:
        return change_owner(AT_FDCWD, 0, 1, 2, 0);
      case SYS_lchown:
        return change_owner(AT_FDCWD, 0, 1, 2, AT_SYMLINK_NOFOLLOW);
      case SYS_mknod:
        return make_node(AT_FDCWD, 0);
      case SYS_stat:
        return tell_status(AT_FDCWD, 0, 1, 0);
      case SYS_lstat:
        return tell_status(AT_FDCWD, 0, 1, AT_SYMLINK_NOFOLLOW);
      case SYS_mkdir:
        return make(AT_FDCWD, 0, Made::directory);
      case SYS_symlink:
        return make(AT_FDCWD, 1, Made::link);
      case SYS_open:
        return open_new(AT_FDCWD, 0, caller_.file(1), caller_.id(2));
      case SYS_creat:
        return open_new(AT_FDCWD, 0, O_CREAT | O_WRONLY | O_TRUNC, caller_.id(1));
#endif
      case SYS_fchown:
        return change_open_owner();
      case SYS_fchownat:
        return change_owner(caller_.file(0), 1, 2, 3, caller_.file(4));
      case SYS_mknodat:
        return make_node(caller_.file(0), 1);
      case SYS_newfstatat:
        return tell_status(caller_.file(0), 1, 2, caller_.file(3));
      case SYS_fstat:
        return tell_open_status();
      case SYS_statx:
        return tell_extended_status();
      case SYS_mkdirat:
        return make(caller_.file(0), 1, Made::directory);
      case SYS_symlinkat:
        return make(caller_.file(1), 2, Made::link);
      case SYS_openat:
        return open_new(caller_.file(0), 1, caller_.file(2), caller_.id(3));
      default:
        return kernels_own;
    }
  }

 private:
  // Whom a file belongs to

  CallAnswer change_owner(int directory, unsigned name, unsigned user, unsigned group,
                          int flags) noexcept {
    Caller::Path path;
    if (const int error = caller_.path(directory, caller_.argument(name), path)) return {error};
    if (path.is_empty && (flags & AT_EMPTY_PATH) == 0) return {ENOENT};
    const bool follows = path.is_empty || (flags & AT_SYMLINK_NOFOLLOW) == 0;
    return note_owner(path, follows, caller_.id(user), caller_.id(group));
  }

  CallAnswer change_open_owner() noexcept {
    Caller::Path path;
    caller_.open_path(caller_.file(0), path);
    return note_owner(path, true, caller_.id(1), caller_.id(2));
  }

  CallAnswer note_owner(const Caller::Path& path, bool follows, std::uint32_t uid,
                        std::uint32_t gid) noexcept {
    if (!identity_.is_root()) return {EPERM};
    const int file = ::open(path.text, O_PATH | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW));
    if (file < 0) return {errno == ENOENT && path.is_empty ? EBADF : errno};
    const int error = give_away(file, uid, gid);
    ::close(file);
    return {error};
  }

  /// To ourselves: it is what we may do, and what it clears is cleared.
  int give_away(int file, std::uint32_t uid, std::uint32_t gid) const noexcept {
    if (::fchownat(file, "", 0, 0, AT_EMPTY_PATH) != 0 && errno != EINVAL) return errno;
    return note_owner_of(file, uid, gid, links_);
  }

  CallAnswer make_node(int directory, unsigned name) noexcept {
    const auto mode = caller_.id(name + 1);
    const auto device = static_cast<dev_t>(caller_.argument(name + 2));
    const auto type = mode & S_IFMT;
    // 0:0 is overlayfs' mark, which anybody may make.
    if ((type != S_IFCHR && type != S_IFBLK) || device == 0)
      return make(directory, name, Made::node);
    if (!identity_.is_root()) return {EPERM};
    Caller::Path path;
    if (const int error = caller_.path(directory, caller_.argument(name), path)) return {error};
    const int file = ::open(path.text, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return {errno};
    const DeviceNote note = {type, major(device), minor(device)};
    const bool done = ::fsetxattr(file, device_attribute, &note, sizeof note, 0) == 0 &&
                      ::fchmod(file, mode & 0777 & ~caller_umask()) == 0;
    const int error = done ? 0 : errno;
    ::close(file);
    if (error != 0) ::unlink(path.text);
    return {error};
  }

  mode_t caller_umask() const noexcept {
    constexpr mode_t usual = 022;
    char name[64];
    std::snprintf(name, sizeof name, "/proc/%d/status", caller_.thread());
    const int file = ::open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return usual;
    char text[256] = {};
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    unsigned mask = usual;
    char program[64];
    if (size > 0 && std::sscanf(text, "Name:%63[^\n]\nUmask:%o", program, &mask) != 2) mask = usual;
    return mask;
  }

  // Whom a new file belongs to

  enum class Made { node, directory, link };

  /// Who makes it, or in a directory with the setgid bit that one's group.
  /// False where that is root, as the kernel has it.
  bool owner_of_new(const Caller::Path& path, OwnerNote& owner) const noexcept {
    owner = {identity_.users.filesystem, identity_.groups.filesystem};
    Caller::Path parent = path;
    char* const last = std::strrchr(parent.text, '/');
    last[1] = '.';
    last[2] = '\0';
    struct stat status = {};
    if (::stat(parent.text, &status) == 0 && (status.st_mode & S_ISGID) != 0) {
      owner.gid = notes_of(parent.text, true).owner.gid;
    }
    return owner.uid != 0 || owner.gid != 0;
  }

  static bool is_there(const Caller::Path& path) noexcept {
    struct stat status = {};
    return ::lstat(path.text, &status) == 0;
  }

  CallAnswer make(int directory, unsigned name, Made kind) noexcept {
    Caller::Path path;
    OwnerNote owner;
    if (caller_.path(directory, caller_.argument(name), path) != 0 || path.is_empty)
      return kernels_own;
    if (is_there(path) || !owner_of_new(path, owner)) return kernels_own;
    if (const int error = make_at(path, name, kind)) return {error};
    const int file = ::open(path.text, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return {};  // gone again
    const int error = note_owner_of(file, owner.uid, owner.gid, links_);
    ::close(file);
    return {error};
  }

  int make_at(const Caller::Path& path, unsigned name, Made kind) const noexcept {
    int done = 0;
    if (kind == Made::link) {
      Caller::Path target;
      if (const int error = caller_.text(caller_.argument(0), target)) return error;
      done = ::symlink(target.text, path.text);
    } else {
      const mode_t ours = ::umask(caller_umask());
      const auto mode = caller_.id(name + 1);
      done = kind == Made::directory ? ::mkdir(path.text, mode) : ::mknod(path.text, mode, 0);
      const int error = errno;
      ::umask(ours);
      errno = error;
    }
    return done == 0 ? 0 : errno;
  }

  /// open() that may make the file.
  CallAnswer open_new(int directory, unsigned name, int flags, mode_t mode) noexcept {
    Caller::Path path;
    OwnerNote owner;
    if ((flags & O_TMPFILE) == O_TMPFILE) return kernels_own;
    if (caller_.path(directory, caller_.argument(name), path) != 0 || path.is_empty)
      return kernels_own;
    if (is_there(path) || !owner_of_new(path, owner)) return kernels_own;
    const mode_t ours = ::umask(caller_umask());
    const int file = ::open(path.text, flags | O_CREAT | O_CLOEXEC | O_NOCTTY, mode);
    const int error = errno;
    ::umask(ours);
    if (file < 0) return {error};
    (void)note_owner_of(file, owner.uid, owner.gid, links_);
    return {0, 0, false, file, (flags & O_CLOEXEC) != 0};
  }

  // What is known of a file

  CallAnswer tell_status(int directory, unsigned name, unsigned result, int flags) noexcept {
    Caller::Path path;
    // glibc's fstat() has an empty name; newer kernels take none at all.
    if (caller_.argument(name) == 0)
      caller_.open_path(directory, path);
    else if (const int error = caller_.path(directory, caller_.argument(name), path))
      return {error};
    return tell_status_of(path, path.is_empty || (flags & AT_SYMLINK_NOFOLLOW) == 0,
                          caller_.argument(result));
  }

  CallAnswer tell_open_status() noexcept {
    Caller::Path path;
    caller_.open_path(caller_.file(0), path);
    return tell_status_of(path, true, caller_.argument(1));
  }

  CallAnswer tell_status_of(const Caller::Path& path, bool follows, std::uint64_t result) noexcept {
    const auto notes = notes_of(path.text, follows);
    if (!notes.any()) return kernels_own;
    struct stat status = {};
    if (::syscall(SYS_newfstatat, AT_FDCWD, path.text, &status,
                  follows ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
      return kernels_own;
    if (notes.has_owner) {
      status.st_uid = notes.owner.uid;
      status.st_gid = notes.owner.gid;
    }
    if (notes.is_device) {
      status.st_mode = (status.st_mode & ~static_cast<mode_t>(S_IFMT)) | notes.device.type;
      status.st_rdev = makedev(notes.device.major, notes.device.minor);
    }
    return {caller_.write(result, &status, sizeof status)};
  }

  CallAnswer tell_extended_status() noexcept {
    Caller::Path path;
    const int flags = caller_.file(2);
    if (caller_.argument(1) == 0)
      caller_.open_path(caller_.file(0), path);
    else if (const int error = caller_.path(caller_.file(0), caller_.argument(1), path))
      return {error};
    const bool follows = path.is_empty || (flags & AT_SYMLINK_NOFOLLOW) == 0;
    const auto notes = notes_of(path.text, follows);
    if (!notes.any()) return kernels_own;
    struct statx status = {};
    const int ours =
        (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) | (follows ? 0 : AT_SYMLINK_NOFOLLOW);
    if (::statx(AT_FDCWD, path.text, ours, caller_.id(3), &status) != 0) return {errno};
    if (notes.has_owner) {
      status.stx_uid = notes.owner.uid;
      status.stx_gid = notes.owner.gid;
    }
    if (notes.is_device) {
      status.stx_mode = static_cast<std::uint16_t>((status.stx_mode & ~S_IFMT) | notes.device.type);
      status.stx_rdev_major = notes.device.major;
      status.stx_rdev_minor = notes.device.minor;
    }
    return {caller_.write(caller_.argument(4), &status, sizeof status)};
  }

  const Caller& caller_;
  const Identity& identity_;
  int links_;
};

}  // namespace

CallAnswer answer_file_call(const Caller& caller, const Identity& identity, int links) noexcept {
  return FileCall(caller, identity, links).handle();
}

}  // namespace slipway
