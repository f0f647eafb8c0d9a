#include "run/capabilities.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

/// Docker's default set (moby, oci/caps/defaults.go).
constexpr std::uint64_t default_set =
    bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FSETID) | bit(CAP_FOWNER) | bit(CAP_MKNOD) |
    bit(CAP_NET_RAW) | bit(CAP_SETGID) | bit(CAP_SETUID) | bit(CAP_SETFCAP) | bit(CAP_SETPCAP) |
    bit(CAP_NET_BIND_SERVICE) | bit(CAP_SYS_CHROOT) | bit(CAP_KILL) | bit(CAP_AUDIT_WRITE);

/// By number, as capabilities(7) names them.
constexpr std::array<std::string_view, CAP_LAST_CAP + 1> capability_names = {"CHOWN",
                                                                             "DAC_OVERRIDE",
                                                                             "DAC_READ_SEARCH",
                                                                             "FOWNER",
                                                                             "FSETID",
                                                                             "KILL",
                                                                             "SETGID",
                                                                             "SETUID",
                                                                             "SETPCAP",
                                                                             "LINUX_IMMUTABLE",
                                                                             "NET_BIND_SERVICE",
                                                                             "NET_BROADCAST",
                                                                             "NET_ADMIN",
                                                                             "NET_RAW",
                                                                             "IPC_LOCK",
                                                                             "IPC_OWNER",
                                                                             "SYS_MODULE",
                                                                             "SYS_RAWIO",
                                                                             "SYS_CHROOT",
                                                                             "SYS_PTRACE",
                                                                             "SYS_PACCT",
                                                                             "SYS_ADMIN",
                                                                             "SYS_BOOT",
                                                                             "SYS_NICE",
                                                                             "SYS_RESOURCE",
                                                                             "SYS_TIME",
                                                                             "SYS_TTY_CONFIG",
                                                                             "MKNOD",
                                                                             "LEASE",
                                                                             "AUDIT_WRITE",
                                                                             "AUDIT_CONTROL",
                                                                             "SETFCAP",
                                                                             "MAC_OVERRIDE",
                                                                             "MAC_ADMIN",
                                                                             "SYSLOG",
                                                                             "WAKE_ALARM",
                                                                             "BLOCK_SUSPEND",
                                                                             "AUDIT_READ",
                                                                             "PERFMON",
                                                                             "BPF",
                                                                             "CHECKPOINT_RESTORE"};

}  // namespace

std::uint64_t every_capability() noexcept { return (bit(CAP_LAST_CAP) << 1) - 1; }

std::optional<std::uint64_t> find_capability(std::string_view name) {
  const std::string upper = to_upper(name);
  std::string_view wanted = upper;
  if (wanted == "ALL") return every_capability();
  if (wanted.starts_with("CAP_")) wanted.remove_prefix(4);
  for (unsigned number = 0; number < capability_names.size(); ++number) {
    if (capability_names[number] == wanted) return bit(number);
  }
  return std::nullopt;
}

std::uint64_t held_capabilities() noexcept {
  std::uint64_t held = 0;
  for (unsigned number = 0; number < capability_names.size(); ++number) {
    if (::prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1) held |= bit(number);
  }
  return held;
}

std::vector<std::string> capability_names_of(std::uint64_t capabilities) {
  std::vector<std::string> names;
  for (unsigned number = 0; number < capability_names.size(); ++number) {
    if ((capabilities & bit(number)) != 0)
      names.push_back(fmt::format("CAP_{}", capability_names[number]));
  }
  return names;
}

std::uint64_t default_capabilities() noexcept { return default_set; }

bool limit_bounding_set(std::uint64_t kept) noexcept {
  for (unsigned capability = 0; capability < 64; ++capability) {
    const int held = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held < 0) return errno == EINVAL;  // beyond the kernel's last one
    if (held == 0 || (kept & bit(capability)) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return false;
  }
  return true;
}

bool keep_capabilities(std::uint64_t kept) noexcept {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct held[2] = {};
  if (::syscall(SYS_capget, &header, held) != 0) return false;
  for (unsigned word = 0; word < 2; ++word) {
    held[word].permitted &= static_cast<std::uint32_t>(kept >> (32 * word));
    held[word].effective = held[word].permitted;
    held[word].inheritable = 0;
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return false;
  return ::syscall(SYS_capset, &header, held) == 0;
}

}  // namespace slipway
