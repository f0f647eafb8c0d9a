// Which system calls Docker's default profile lets through: those that programs
// use, less those that reach past a container (kernel modules, clocks, mounts,
// keyrings, ...), which come with the capability that the kernel wants for them
// anyway. The names are those of moby's profiles/seccomp/default.json; what a
// machine's architecture does not have, libseccomp passes over.
#include "run/seccomp_profile.hpp"

#include <linux/capability.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace slipway {
namespace {

/// Calls that a container may use when it has the capability; `always`, when it has
/// any or none.
struct AllowedCalls {
  static constexpr int always = -1;
  int capability = always;
  std::string_view names = {};
};

/// What clone() may not make: namespaces.
constexpr std::uint64_t new_namespaces = 0x7e020000;
constexpr std::array<std::uint64_t, 5> personalities = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};

#ifdef __s390__
constexpr unsigned clone_flags = 1;
#else
constexpr unsigned clone_flags = 0;
#endif

constexpr std::array<AllowedCalls, 15> calls = {{
    {AllowedCalls::always,
     "_llseek _newselect accept accept4 access adjtimex alarm arch_prctl arm_fadvise64_64 "
     "arm_sync_file_range bind breakpoint brk cacheflush cachestat capget capset chdir chmod chown chown32 "
     "clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
     "clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 "
     "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
     "epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 "
     "fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl "
     "fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 "
     "fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait "
     "futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 "
     "getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername "
     "getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 "
     "getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr "
     "getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy "
     "io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc "
     "kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link "
     "linkat listen listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat lstat64 "
     "madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat "
     "mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
     "mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv "
     "msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat open openat openat2 "
     "pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll "
     "ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease process_vm_readv "
     "process_vm_writev pselect6 pselect6_time64 ptrace pwrite64 pwritev pwritev2 read readahead readlink "
     "readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr "
     "removexattrat rename renameat renameat2 restart_syscall riscv_flush_icache riscv_hwprobe rmdir rseq "
     "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
     "rt_sigtimedwait_time64 rt_tgsigqueueinfo s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr "
     "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam "
     "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity "
     "sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop "
     "semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list "
     "set_thread_area set_tid_address set_tls setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 "
     "setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 "
     "setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr "
     "setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn "
     "socketcall socketpair splice stat stat64 statfs statfs64 statmount statx swapcontext symlink "
     "symlinkat sync sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time timer_create "
     "timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 "
     "timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill "
     "truncate truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat "
     "utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev"},
    {CAP_DAC_READ_SEARCH, "open_by_handle_at"},
    {CAP_SYS_ADMIN,
     "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr "
     "lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl "
     "quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare"},
    {CAP_SYS_BOOT, "reboot"},
    {CAP_SYS_CHROOT, "chroot"},
    {CAP_SYS_MODULE, "delete_module finit_module init_module"},
    {CAP_SYS_PACCT, "acct"},
    {CAP_SYS_PTRACE, "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"},
    {CAP_SYS_RAWIO, "ioperm iopl"},
    {CAP_SYS_TIME, "clock_settime clock_settime64 settimeofday stime"},
    {CAP_SYS_TTY_CONFIG, "vhangup"},
    {CAP_SYS_NICE, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
    {CAP_SYSLOG, "syslog"},
    {CAP_BPF, "bpf"},
    {CAP_PERFMON, "perf_event_open"},
}};

}  // namespace

std::vector<CallRule> call_rules(std::uint64_t capabilities) {
  using Comparison = CallRule::Comparison;
  const auto has = [&](int capability) { return (capabilities >> capability & 1) != 0; };
  std::vector<CallRule> rules;
  for (const auto& [capability, names] : calls) {
    if (capability == AllowedCalls::always || has(capability)) rules.push_back({.names = names});
  }
  const auto allow_if = [&](std::string_view name, CallRule::Condition condition) {
    rules.push_back({.names = name, .condition = condition});
  };
  // Neither the kernel's cryptography nor what a virtual machine's host is spoken to by.
  allow_if("socket", {0, Comparison::less, AF_ALG, 0});
  allow_if("socket", {0, Comparison::equal, AF_ALG + 1, 0});
  allow_if("socket", {0, Comparison::greater, AF_VSOCK, 0});
  for (const auto personality : personalities)
    allow_if("personality", {0, Comparison::equal, personality, 0});
  if (has(CAP_SYS_ADMIN)) return rules;
  // clone3 has its flags in memory, where a filter cannot look; programs fall back on
  // clone.
  allow_if("clone", {clone_flags, Comparison::masked_equal, new_namespaces, 0});
  rules.push_back({.names = "clone3", .error = ENOSYS});
  return rules;
}

std::vector<std::string> filter_architectures() {
#if defined(__x86_64__)
  return {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
#elif defined(__aarch64__)
  return {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
#elif defined(__s390x__)
  return {"SCMP_ARCH_S390X", "SCMP_ARCH_S390"};
#elif defined(__powerpc64__)
  return {"SCMP_ARCH_PPC64LE"};
#elif defined(__riscv)
  return {"SCMP_ARCH_RISCV64"};
#else
  return {};
#endif
}

}  // namespace slipway
