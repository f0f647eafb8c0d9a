// A container shares the machine's kernel, and most of a kernel's holes are in
// calls that hardly a program needs. So each call is looked at by a filter: a
// program in the kernel's old packet filter language (seccomp(2)), put on the
// command before it starts, inherited by all that it starts, never to be taken
// off again.
//
// libseccomp makes the program out of names: it knows the calls' numbers on each
// architecture (a 64-bit kernel runs 32-bit programs with other numbers). It
// knows those of its own time. Newer ones would be refused with EPERM, and
// programs that try a new call and fall back on an old one go by ENOSYS. So a
// few instructions stand in front of its program: they let through what the
// profile names and libseccomp does not know, by number (since Linux 5.1 a new
// call has the same number everywhere), and say ENOSYS to what came after the
// profile.
#include "run/seccomp.hpp"

#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "run/bpf.hpp"
#include "run/seccomp_profile.hpp"

namespace slipway {
namespace {

/// Calls that libseccomp 2.5 does not know. The last one is the newest that the
/// profile names.
constexpr std::array<std::pair<std::string_view, std::uint32_t>, 13> new_calls = {{
    {"cachestat", 451},
    {"fchmodat2", 452},
    {"map_shadow_stack", 453},
    {"futex_wake", 454},
    {"futex_wait", 455},
    {"futex_requeue", 456},
    {"statmount", 457},
    {"listmount", 458},
    {"mseal", 462},
    {"setxattrat", 463},
    {"getxattrat", 464},
    {"listxattrat", 465},
    {"removexattrat", 466},
}};
/// Numbers from here on are an architecture's own: x32's, some of arm's, mips'.
constexpr std::uint32_t own_numbers = 4000;

struct FilterDeleter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using FilterContext = std::unique_ptr<void, FilterDeleter>;

[[noreturn]] void fail_filter(int error) {
  throw Error::from_errno(error, "make the filter of system calls");
}

void check_filter(int returned) {
  if (returned < 0) fail_filter(-returned);
}

class ProfileBuilder {
 public:
  explicit ProfileBuilder(std::uint64_t capabilities)
      : capabilities_(capabilities), context_(::seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (!context_) fail_filter(ENOMEM);
    for (const auto other : other_architectures()) {
      const int added = ::seccomp_arch_add(context_.get(), other);
      if (added != -EEXIST) check_filter(added);
    }
  }

  FilterContext build() && {
    for (const auto& rule : call_rules(capabilities_)) {
      for (const auto& name : split(rule.names, ' ')) add(name, rule);
    }
    return std::move(context_);
  }

 private:
  static std::vector<std::uint32_t> other_architectures() {
    switch (::seccomp_arch_native()) {
      case SCMP_ARCH_X86_64:
        return {SCMP_ARCH_X86, SCMP_ARCH_X32};
      case SCMP_ARCH_AARCH64:
        return {SCMP_ARCH_ARM};
      case SCMP_ARCH_S390X:
        return {SCMP_ARCH_S390};
      default:
        return {};
    }
  }

  /// What a machine's architecture does not have, libseccomp passes over.
  void add(const std::string& name, const CallRule& rule) {
    const int number = ::seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) return;
    const auto action =
        rule.error == 0 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(static_cast<std::uint32_t>(rule.error));
    scmp_arg_cmp condition = {};
    if (rule.condition) condition = comparison_of(*rule.condition);
    const int added = ::seccomp_rule_add_array(context_.get(), action, number,
                                               rule.condition ? 1 : 0, &condition);
    if (added != -EEXIST) check_filter(added);  // several capabilities can allow one
  }

  static scmp_arg_cmp comparison_of(const CallRule::Condition& condition) {
    using Comparison = CallRule::Comparison;
    const auto [argument, comparison, value, masked] = condition;
    switch (comparison) {
      case Comparison::less:
        return {argument, SCMP_CMP_LT, value, 0};
      case Comparison::greater:
        return {argument, SCMP_CMP_GT, value, 0};
      case Comparison::masked_equal:
        return {argument, SCMP_CMP_MASKED_EQ, value, masked};
      case Comparison::equal:
        break;
    }
    return {argument, SCMP_CMP_EQ, value, 0};
  }

  std::uint64_t capabilities_;
  FilterContext context_;
};

/// libseccomp writes its program to a file.
SystemCallFilter exported(const FilterContext& context) {
  const Fd file(static_cast<int>(::syscall(SYS_memfd_create, "filter", MFD_CLOEXEC)));
  if (!file) fail_filter(errno);
  check_filter(::seccomp_export_bpf(context.get(), file.get()));
  const auto size = ::lseek(file.get(), 0, SEEK_CUR);
  if (size < 0 || ::lseek(file.get(), 0, SEEK_SET) != 0) fail_filter(errno);
  SystemCallFilter program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (read_some(file, std::as_writable_bytes(std::span(program)), "the filter") !=
      static_cast<std::size_t>(size)) {
    fail_filter(EIO);
  }
  return program;
}

/// What stands in front: see above. Ends where libseccomp's program begins.
SystemCallFilter new_call_prologue() {
  std::vector<std::uint32_t> unknown;
  for (const auto& [name, number] : new_calls) {
    if (::seccomp_syscall_resolve_name(std::string(name).c_str()) == __NR_SCMP_ERROR)
      unknown.push_back(number);
  }
  SystemCallFilter program;
  // number, its own?, one a call, later?, [go on], allow, none
  program.push_back(bpf_statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  program.push_back(bpf_jump(BPF_JGE, own_numbers, unknown.size() + 1, 0));
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    program.push_back(bpf_jump(BPF_JEQ, unknown[i], unknown.size() - i + 1, 0));
  }
  program.push_back(bpf_jump(BPF_JGT, new_calls.back().second, 2, 0));
  program.push_back(bpf_statement(BPF_JMP | BPF_JA, 2));
  program.push_back(bpf_statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  program.push_back(bpf_statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  return program;
}

}  // namespace

SystemCallFilter default_filter(std::uint64_t capabilities) {
  static std::mutex mutex;
  static std::map<std::uint64_t, SystemCallFilter> made;
  const std::lock_guard lock(mutex);
  auto& filter = made[capabilities];
  if (!filter.empty()) return filter;
  auto program = new_call_prologue();
  const auto rest = exported(ProfileBuilder(capabilities).build());
  program.insert(program.end(), rest.begin(), rest.end());
  filter = std::move(program);
  return filter;
}

int apply_filter(const SystemCallFilter& filter) noexcept {
  const sock_fprog program = {static_cast<std::uint16_t>(filter.size()),
                              const_cast<sock_filter*>(filter.data())};
  // Without the flag the kernel slows memory accesses down in all that it is put on.
  const unsigned flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0 ? 0 : errno;
}

}  // namespace slipway
