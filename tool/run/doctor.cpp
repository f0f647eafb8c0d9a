// What can be tried is tried, in a child: a setting that looks right says little
// (a surrounding container may forbid what the kernel allows). What cannot be
// tried without side effects is looked up.
#include "run/doctor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "run/idmap.hpp"
#include "run/kernel_release.hpp"
#include "run/oci_runtime.hpp"
#include "run/overlay.hpp"
#include "run/refusal.hpp"
#include "run/sandbox.hpp"
#include "run/seccomp.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace {

/// openat2() and clone into cgroups are of 5.6 and 5.7; overlays in user
/// namespaces, with their marks, of 5.11; mount_setattr() of 5.12.
constexpr KernelRelease oldest_kernel = {5, 12};

std::string reason_of(int error) { return std::generic_category().message(error); }

/// Run `attempt` in a child; the errno that it returns.
int try_in_child(const std::function<int()>& attempt) {
  const auto child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(attempt());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

Checkup check_kernel() {
  const auto release = kernel_release_text();
  const bool is_good = parse_kernel_release(release) >= oldest_kernel;
  Checkup checkup{"kernel", is_good, release, {}};
  if (!is_good)
    checkup.remedy =
        fmt::format("install Linux {}.{} or later", oldest_kernel.major, oldest_kernel.minor);
  return checkup;
}

Checkup check_namespaces(bool is_root) {
  const int flags =
      CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | (is_root ? 0 : CLONE_NEWUSER);
  const int refused = try_in_child([flags] {
    if (::unshare(flags) != 0) return errno;
    // AppArmor lets them be made, and takes the rights in them away.
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ? 0 : errno;
  });
  Checkup checkup{is_root ? "namespaces" : "user namespaces",
                  refused == 0,
                  refused == 0 ? "can be made" : reason_of(refused),
                  {}};
  if (refused != 0) checkup.remedy = namespace_refusal(refused, !is_root).hint();
  return checkup;
}

Checkup check_apparmor() {
  const auto text =
      read_file_if_exists("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").value_or("");
  if (trim(text) != "1") return {"AppArmor", true, "leaves user namespaces alone", {}};
  return {"AppArmor", false, "takes the rights of user namespaces away",
          "sysctl kernel.apparmor_restrict_unprivileged_userns=0"};
}

std::string user_name() {
  const passwd* const entry = ::getpwuid(::getuid());  // one thread
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

Checkup check_id_range(const char* file, const char* flag) {
  const auto user = user_name();
  const auto range = find_id_range(read_file_if_exists(file).value_or(""), user, ::getuid());
  if (range) return {file, true, fmt::format("{} ids from {} on", range->count, range->start), {}};
  return {file, false, fmt::format("has no line for '{}'", user),
          fmt::format("usermod {} 100000-165535 {}", flag, user)};
}

Checkup check_helper(const char* name) {
  if (is_program(name)) return {name, true, "is installed", {}};
  return {name, false, "is not installed", "apt-get install uidmap"};
}

Checkup check_overlay() {
  const TempDir folder(std::filesystem::temp_directory_path(), "slipway-doctor-");
  make_directories(folder.path() / "lower");
  make_directories(folder.path() / "root");
  const int refused = try_in_child([&] {
    try {
      become_root();
      const auto options = overlay_options({folder.path() / "lower"}, folder.path());
      if (::unshare(CLONE_NEWNS) != 0) return errno;
      if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
      return mount_overlay(options, (folder.path() / "root").c_str());
    } catch (const Error&) {
      return EIO;
    }
  });
  if (refused == 0) return {"overlay", true, "can be mounted", {}};
  return {"overlay", false, reason_of(refused) + ": roots are copied, which is slow",
          "modprobe overlay; and keep the store on ext4, xfs or btrfs ($SLIPWAY_STORE)"};
}

Checkup check_seccomp() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  if (::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
    return {"seccomp", true, "filters system calls", {}};
  return {"seccomp", false, reason_of(errno), "a kernel with CONFIG_SECCOMP_FILTER"};
}

Checkup check_root_mount() {
  if (available_isolation() == Isolation::namespaces) return {"/", true, "is a mount point", {}};
  return {"/", false, "is no mount point, as in a plain chroot: commands get no mounts",
          "mount --bind <root> <root> before entering it"};
}

/// Nobody needs one who does not ask for it.
Checkup check_runtime() {
  const auto runtime = find_oci_runtime();
  return {"OCI runtime",
          true,
          runtime ? fmt::format("{}, for --isolation=oci", runtime->native())
                  : "none, so --isolation=oci cannot be had (apt-get install runc)",
          {}};
}

}  // namespace

std::vector<Checkup> examine_machine() {
  const bool is_root = ::geteuid() == 0;
  std::vector<Checkup> checkups = {check_kernel(), check_namespaces(is_root)};
  if (!is_root) {
    checkups.push_back(check_apparmor());
    checkups.push_back(check_id_range("/etc/subuid", "--add-subuids"));
    checkups.push_back(check_id_range("/etc/subgid", "--add-subgids"));
    checkups.push_back(check_helper("newuidmap"));
    checkups.push_back(check_helper("newgidmap"));
  }
  checkups.push_back(check_overlay());
  checkups.push_back(check_seccomp());
  checkups.push_back(check_root_mount());
  checkups.push_back(check_runtime());
  return checkups;
}

}  // namespace slipway
