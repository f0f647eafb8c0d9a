// Owners for a user who has none to give.
//
// Without subordinate ids a container knows one user: ours, which it takes for
// root. Giving a file to another fails, and so does becoming another, making a
// device, and with them most of what packages do when they are installed
// (user_namespaces(7)). Yet nothing needs these owners while the image is built:
// only its layers must tell them. So they are remembered instead.
//
// The calls in question do not reach the kernel. A filter (seccomp_unotify(2))
// stops the caller and tells pid 1 of the container, which does what the call
// asks for as well as it can, and gives the answer that root would have got:
//
//   chown     an attribute of the file names the owner; the kernel is asked to
//             give the file to us, so that it drops setuid bits as it would.
//             Symlinks and fifos can have no attributes: they are noted in a file.
//   mknod     of a device makes an empty file with an attribute.
//   stat      of a file with such an attribute gives what that says; of others
//             the kernel answers.
//   mkdir...  and open of a new file by others than root, or where directories
//             hand their group on, is done by pid 1, which notes the owner.
//   setuid... pid 1 keeps who each process takes itself for, and get... tells it.
//
// The walk over the changes reads the notes, and so layers come out as root's
// would. Whoever the command takes itself for, it works with our own rights: it
// may read what its user could not. That is no danger, for all files are ours.
//
// Pid 1 sees the container's files as the caller does, at the caller's own paths
// (/proc/<pid>/root, cwd, fd), so no path can lead out.
#include "run/remembered_owners.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "run/bpf.hpp"
#include "run/caller.hpp"
#include "run/file_calls.hpp"
#include "run/identity_calls.hpp"

namespace slipway {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t own_architecture = 0;  // nothing is remembered elsewhere
#endif

constexpr std::array owner_calls = {
#ifdef SYS_chown
    SYS_chown,     SYS_lchown,    SYS_mknod,    SYS_stat,       SYS_lstat,     SYS_mkdir,
    SYS_symlink,   SYS_creat,
#endif
    SYS_fchown,    SYS_fchownat,  SYS_mknodat,  SYS_newfstatat, SYS_fstat,     SYS_statx,
    SYS_mkdirat,   SYS_symlinkat, SYS_setuid,   SYS_setgid,     SYS_setreuid,  SYS_setregid,
    SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,   SYS_setgroups, SYS_getuid,
    SYS_geteuid,   SYS_getgid,    SYS_getegid,  SYS_getresuid,  SYS_getresgid, SYS_getgroups,
};

/// Calls that matter when they may make a file, and which argument says so.
constexpr std::array<std::pair<int, unsigned>, 2> opening_calls = {{
#ifdef SYS_open
    {SYS_open, 1},
#else
    {SYS_openat, 2},
#endif
    {SYS_openat, 2},
}};

std::uint32_t argument_offset(unsigned index) {
  // The lower half: these machines are little-endian.
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}

/// The caller gets a descriptor for the file, and that is its answer.
bool hand_over(int listener, const seccomp_notif& call, const CallAnswer& given) noexcept {
  seccomp_notif_addfd file = {};
  file.id = call.id;
  file.flags = SECCOMP_ADDFD_FLAG_SEND;
  file.srcfd = static_cast<std::uint32_t>(given.file);
  file.newfd_flags = given.closes_on_exec ? O_CLOEXEC : 0;
  (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &file);
  ::close(given.file);
  return true;
}

}  // namespace

SystemCallFilter owner_call_filter() {
  SystemCallFilter program;
  const auto allow = [&] { program.push_back(bpf_statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)); };
  const auto notify = [&] {
    program.push_back(bpf_statement(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  };
  program.push_back(bpf_statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  program.push_back(bpf_jump(BPF_JEQ, own_architecture, 1, 0));
  allow();
  program.push_back(bpf_statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const auto& [number, flags] : opening_calls) {
    program.push_back(bpf_jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 4));
    program.push_back(bpf_statement(BPF_LD | BPF_W | BPF_ABS, argument_offset(flags)));
    program.push_back(bpf_jump(BPF_JSET, O_CREAT, 1, 0));
    allow();
    notify();
  }
  for (std::size_t i = 0; i < owner_calls.size(); ++i) {
    program.push_back(
        bpf_jump(BPF_JEQ, static_cast<std::uint32_t>(owner_calls[i]), owner_calls.size() - i, 0));
  }
  allow();
  notify();
  return program;
}

int listen_to_calls(const SystemCallFilter& filter) noexcept {
  const sock_fprog program = {static_cast<std::uint16_t>(filter.size()),
                              const_cast<sock_filter*>(filter.data())};
  const unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

bool RememberedOwners::answer(int listener) noexcept {
  seccomp_notif call = {};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
    return errno == EINTR || errno == ENOENT;
  const Caller caller(call);
  auto given = answer_identity_call(caller, identities_);
  if (given.goes_on) given = answer_file_call(caller, identities_.of(caller.thread()), links_);
  if (given.file >= 0) return hand_over(listener, call, given);
  seccomp_notif_resp response = {};
  response.id = call.id;
  if (given.goes_on) {
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  } else {
    response.error = -given.error;
    response.val = given.error == 0 ? given.value : 0;
  }
  // Nobody waits any more when the caller was killed meanwhile.
  (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  return true;
}

}  // namespace slipway
