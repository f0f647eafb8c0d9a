// How a container's root is furnished.
//
// The image is hostile: its /proc may be a symlink to anywhere. So nothing is
// mounted by a path that leads from the host into the image. What comes from
// the host is taken hold of first, as a detached mount (open_tree), and put in
// place (move_mount) when the host's root has been let go. Not a moment earlier:
// while it is stacked on the new root, ".." at "/" leads to it.
//
// In a user namespace the kernel allows a new /proc only while another one is
// fully visible, so it is made detached as well. A new sysfs would need a network
// namespace of our own, so /sys is the host's, made read-only with everything
// beneath it.
#include "run/mounts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "base/owner_note.hpp"

namespace slipway {
namespace {

using Kind = MountOp::Kind;

constexpr unsigned long no_programs = MS_NOSUID | MS_NODEV | MS_NOEXEC;

struct Device {
  const char* path;
  unsigned major, minor;
};

constexpr std::array usual_devices = {Device{"/dev/null", 1, 3},    Device{"/dev/zero", 1, 5},
                                      Device{"/dev/full", 1, 7},    Device{"/dev/random", 1, 8},
                                      Device{"/dev/urandom", 1, 9}, Device{"/dev/tty", 5, 0}};

MountOp directory(std::string path) { return {.kind = Kind::directory, .target = std::move(path)}; }

void add_filesystem(std::vector<MountOp>& ops, std::string type, std::string target,
                    unsigned long flags, std::string data) {
  ops.push_back(directory(target));
  ops.push_back({.kind = Kind::filesystem,
                 .source = std::move(type),
                 .target = std::move(target),
                 .data = std::move(data),
                 .flags = flags});
}

void add_dev(std::vector<MountOp>& ops, std::uint64_t shm_size) {
  add_filesystem(ops, "tmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64m");
  for (const auto& device : usual_devices) {
    ops.push_back({.kind = Kind::node,
                   .source = device.path,
                   .target = device.path,
                   .major = device.major,
                   .minor = device.minor});
  }
  add_filesystem(ops, "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
                 "newinstance,ptmxmode=0666,mode=0620");
  // The kernel refuses devpts where id 0 is nobody's; then there are no terminals.
  ops.back().optional = true;
  add_filesystem(ops, "tmpfs", "/dev/shm", no_programs, fmt::format("mode=1777,size={}", shm_size));
  add_filesystem(ops, "mqueue", "/dev/mqueue", no_programs, "");
  ops.back().optional = true;  // a kernel may be without
  const auto link = [&](std::string path, std::string target) {
    ops.push_back({.kind = Kind::symlink, .source = std::move(target), .target = std::move(path)});
  };
  link("/dev/ptmx", "pts/ptmx");
  link("/dev/fd", "/proc/self/fd");
  link("/dev/stdin", "/proc/self/fd/0");
  link("/dev/stdout", "/proc/self/fd/1");
  link("/dev/stderr", "/proc/self/fd/2");
}

void add_directories(std::vector<MountOp>& ops, const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    ops.push_back(directory(path.substr(0, end)));
  }
  ops.push_back(directory(path));
}

/// Optional: the host may lack the file, and the image a place for it.
void add_host_file(std::vector<MountOp>& ops, const std::string& source, const std::string& path) {
  const auto first = ops.size();
  if (const auto end = path.rfind('/'); end > 0) add_directories(ops, path.substr(0, end));
  for (auto i = first; i < ops.size(); ++i) ops[i].optional = true;
  ops.push_back({.kind = Kind::file, .target = path, .optional = true});
  ops.push_back({.kind = Kind::attach,
                 .source = source,
                 .target = path,
                 .read_only = true,
                 .optional = true});
}

/// The paths that Docker hides or protects (moby, oci/defaults.go): they show
/// or change the host, and a container of root has the right to.
void add_protection(std::vector<MountOp>& ops) {
  for (const char* path :
       {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
        "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
        "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"}) {
    ops.push_back({.kind = Kind::hide, .target = path});
  }
  for (const char* path :
       {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}) {
    ops.push_back({.kind = Kind::make_read_only, .target = path});
  }
}

/// `scratch` is the mount's own.
void add_mount(std::vector<MountOp>& ops, const SandboxMount& mount,
               const std::filesystem::path& scratch) {
  using Wanted = SandboxMount::Kind;
  std::string source = mount.source.native();
  if (mount.kind == Wanted::overlay) {
    make_directories(scratch / "root");
    ops.push_back({.kind = Kind::stage_overlay, .source = (scratch / "root").native()});
    ops.back().overlay =
        std::make_shared<const OverlayOptions>(overlay_options(mount.trees, scratch));
    source = (scratch / "root" / mount.source.relative_path()).native();
  } else if (mount.kind == Wanted::secret) {
    make_directories(scratch);
    source = (scratch / "secret").native();
    ops.push_back({.kind = Kind::stage_tmpfs, .source = scratch.native()});
    ops.push_back({.kind = Kind::stage_file, .source = source, .data = mount.content});
    ops.back().mode = mount.mode;
    ops.back().uid = mount.uid;
    ops.back().gid = mount.gid;
  }
  const auto parent = mount.target.substr(0, mount.target.rfind('/'));
  if (!parent.empty()) add_directories(ops, parent);
  ops.push_back({.kind = mount.is_file ? Kind::file : Kind::directory, .target = mount.target});
  if (mount.kind == Wanted::tmpfs) {
    ops.push_back({.kind = Kind::filesystem,
                   .source = "tmpfs",
                   .target = mount.target,
                   .flags = MS_NOSUID | MS_NODEV});
    if (mount.no_programs) ops.back().flags |= MS_NOEXEC;
    ops.back().data = mount.options;
    if (mount.size > 0)
      ops.back().data += fmt::format("{}size={}", mount.options.empty() ? "" : ",", mount.size);
    return;
  }
  ops.push_back({.kind = Kind::attach,
                 .source = source,
                 .target = mount.target,
                 .read_only = mount.read_only});
}

int result(int returned) noexcept { return returned == 0 ? 0 : errno; }

int make_file(const char* path) noexcept {
  const int fd = ::open(path, O_CREAT | O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
  // What is there may not be readable; it need only be there.
  if (fd < 0) return ::access(path, F_OK) == 0 ? 0 : errno;
  ::close(fd);
  return 0;
}

/// A mount that is nowhere yet. -1: errno says why.
int new_proc() noexcept {
  const int filesystem = ::fsopen("proc", FSOPEN_CLOEXEC);
  if (filesystem < 0) return -1;
  int mounted = -1;
  if (::fsconfig(filesystem, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mounted = ::fsmount(filesystem, FSMOUNT_CLOEXEC,
                        MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  }
  const int error = errno;
  ::close(filesystem);
  errno = error;
  return mounted;
}

int make_directory(const char* path) noexcept {
  struct stat found = {};
  if (::mkdir(path, 0755) == 0) return 0;
  if (errno != EEXIST) return errno;
  if (::stat(path, &found) != 0) return errno;
  return S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
}

int make_read_only(const char* path) noexcept {
  if (::mount(path, path, nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    return errno == ENOENT ? 0 : errno;
  }
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return result(::mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes));
}

int hide(const char* path) noexcept {
  struct stat found = {};
  if (::lstat(path, &found) != 0) return errno == ENOENT ? 0 : errno;
  if (S_ISDIR(found.st_mode)) {
    return result(::mount("tmpfs", path, "tmpfs", no_programs | MS_RDONLY, nullptr));
  }
  return result(::mount("/dev/null", path, nullptr, MS_BIND, nullptr));
}

/// An id that there is not is noted: see remembered_owners.cpp.
bool give_to(int fd, const MountOp& op) noexcept {
  if (::fchown(fd, op.uid, op.gid) == 0) return true;
  const OwnerNote note = {op.uid, op.gid};
  if (errno != EINVAL) return false;
  // A filesystem without attributes leaves it root's, who may read it all the same.
  (void)::fsetxattr(fd, owner_attribute, &note, sizeof note, 0);
  return true;
}

int write_file(const MountOp& op) noexcept {
  const int fd = ::open(op.source.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  const auto size = static_cast<ssize_t>(op.data.size());
  const bool done = ::write(fd, op.data.data(), op.data.size()) == size && give_to(fd, op) &&
                    ::fchmod(fd, op.mode) == 0;
  const int error = done ? 0 : errno;
  ::close(fd);
  return error;
}

/// As Docker does, by a link of the image that stands there.
int attach(const MountOp& op) noexcept {
  return result(::move_mount(op.fd, "", AT_FDCWD, op.target.c_str(),
                             MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS));
}

/// A node of the container's own, which it may change; the host's where we may make none.
int make_node(const MountOp& op) noexcept {
  const char* target = op.target.c_str();
  if (::mknod(target, S_IFCHR | 0666, makedev(op.major, op.minor)) == 0) return 0;
  if (op.fd < 0) return errno;
  const int error = make_file(target);
  return error == 0 ? attach(op) : error;
}

int carry_out(const MountOp& op) noexcept {
  const char* target = op.target.c_str();
  switch (op.kind) {
    case Kind::directory:
      return make_directory(target);
    case Kind::file:
      return make_file(target);
    case Kind::symlink:
      return result(::symlink(op.source.c_str(), target));
    case Kind::device:
      ::unlink(target);  // what the image has there need not be a device
      return result(::mknod(target, S_IFCHR | 0666, makedev(op.major, op.minor)));
    case Kind::node:
      return make_node(op);
    case Kind::filesystem:
      return result(::mount(op.source.c_str(), target, op.source.c_str(), op.flags,
                            op.data.empty() ? nullptr : op.data.c_str()));
    case Kind::attach:
    case Kind::new_proc:
      return op.fd < 0 ? ENOENT : attach(op);
    case Kind::make_read_only:
      return make_read_only(target);
    case Kind::hide:
      return hide(target);
    case Kind::stage_overlay:
    case Kind::stage_tmpfs:
    case Kind::stage_file:
      return 0;  // done before the root was entered
  }
  return EINVAL;
}

}  // namespace

std::vector<MountOp> container_mounts(const Sandbox& sandbox) {
  std::vector<MountOp> ops;
  ops.push_back(directory("/proc"));
  ops.push_back(
      {.kind = Kind::new_proc, .source = "proc", .target = "/proc", .flags = no_programs});
  add_dev(ops, sandbox.shm_size);
  ops.push_back(directory("/sys"));
  ops.push_back({.kind = Kind::attach,
                 .source = "/sys",
                 .target = "/sys",
                 .read_only = true,
                 .optional = true});
  add_host_file(ops, "/etc/resolv.conf", sandbox.resolv_conf_target);
  add_host_file(ops, sandbox.hosts_file.native(), sandbox.hosts_target);
  if (!sandbox.all_capabilities) add_protection(ops);
  for (std::size_t i = 0; i < sandbox.mounts.size(); ++i) {
    add_mount(ops, sandbox.mounts[i], sandbox.scratch / fmt::format("mount-{}", i));
  }
  add_directories(ops, sandbox.working_dir);
  return ops;
}

std::vector<std::string> mount_points(const std::vector<MountOp>& ops) {
  std::vector<std::string> paths;
  for (const auto& op : ops) {
    const bool makes = op.kind == Kind::directory || op.kind == Kind::file ||
                       op.kind == Kind::device || op.kind == Kind::node;
    if (makes) paths.push_back(op.target);
  }
  return paths;
}

std::vector<MountOp> container_nodes(const std::string& working_dir) {
  std::vector<MountOp> ops;
  add_directories(ops, "/dev");
  add_directories(ops, "/tmp");
  for (const auto& device : usual_devices) {
    ops.push_back({.kind = Kind::device,
                   .target = device.path,
                   .major = device.major,
                   .minor = device.minor,
                   .optional = true});
  }
  add_directories(ops, working_dir);
  return ops;
}

std::string describe(const MountOp& op) {
  switch (op.kind) {
    case Kind::directory:
      return fmt::format("make the directory '{}'", op.target);
    case Kind::file:
      return fmt::format("make the file '{}'", op.target);
    case Kind::symlink:
      return fmt::format("make the symlink '{}'", op.target);
    case Kind::device:
    case Kind::node:
      return fmt::format("make the device '{}'", op.target);
    case Kind::filesystem:
    case Kind::new_proc:
      return fmt::format("mount '{}' on '{}'", op.source, op.target);
    case Kind::attach:
      return fmt::format("mount the host's '{}' on '{}'", op.source, op.target);
    case Kind::make_read_only:
      return fmt::format("make '{}' read-only", op.target);
    case Kind::hide:
      return fmt::format("hide '{}'", op.target);
    case Kind::stage_overlay:
      return "mount the overlay of a mount's source";
    case Kind::stage_tmpfs:
    case Kind::stage_file:
      return "prepare a secret";
  }
  return op.target;
}

bool is_staged(const MountOp& op) noexcept {
  return op.kind == Kind::stage_overlay || op.kind == Kind::stage_tmpfs ||
         op.kind == Kind::stage_file;
}

int detach(MountOp& op) noexcept {
  switch (op.kind) {
    case Kind::stage_overlay:
      return mount_overlay(*op.overlay, op.source.c_str());
    case Kind::stage_tmpfs:
      return result(::mount("tmpfs", op.source.c_str(), "tmpfs", no_programs, "mode=0700"));
    case Kind::stage_file:
      return write_file(op);
    case Kind::new_proc:
      op.fd = new_proc();
      return op.fd < 0 ? errno : 0;
    case Kind::attach:
    case Kind::node:
      break;
    default:
      return 0;
  }
  const int fd =
      ::open_tree(AT_FDCWD, op.source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (fd < 0) return op.optional ? 0 : errno;
  if (op.read_only) {
    mount_attr attributes = {};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) !=
        0) {
      // Never writable instead: rather without it.
      const int error = errno;
      ::close(fd);
      return op.optional ? 0 : error;
    }
  }
  op.fd = fd;
  return 0;
}

int furnish(const MountOp& op) noexcept {
  const int error = carry_out(op);
  return op.optional ? 0 : error;
}

}  // namespace slipway
