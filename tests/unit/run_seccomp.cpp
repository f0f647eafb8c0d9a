#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>

#include "run/capabilities.hpp"
#include "run/resource_limit.hpp"
#include "run/seccomp.hpp"
#include "run/seccomp_profile.hpp"

using namespace slipway;

namespace {

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

/// The errno of a call in a child with the filter; 200 where the filter cannot
/// be put on without privileges.
int errno_under(const SystemCallFilter& filter, long number, long argument) {
  const auto child = ::fork();
  if (child == 0) {
    ::syscall(SYS_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
    if (apply_filter(filter) != 0) ::_exit(200);
    ::_exit(::syscall(number, argument, 0, 0, 0, 0) < 0 ? errno : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("calls go by the capabilities", "[run][seccomp]") {
  const auto usual = default_filter(default_capabilities());
  CHECK(errno_under(usual, SYS_umount2, 0) == EPERM);
  CHECK(errno_under(usual, SYS_clone3, 0) == ENOSYS);
  CHECK(errno_under(usual, SYS_close, -1) == EBADF);
  const auto admin = default_filter(default_capabilities() | bit(CAP_SYS_ADMIN));
  CHECK(errno_under(admin, SYS_clone3, 0) != ENOSYS);
  CHECK(errno_under(admin, SYS_keyctl, 0) == EPERM);
}

TEST_CASE("calls newer than the profile are unknown, those that it names are not",
          "[run][seccomp]") {
  const auto usual = default_filter(default_capabilities());
  CHECK(errno_under(usual, 467, 0) == ENOSYS);
  CHECK(errno_under(usual, 900, 0) == ENOSYS);
  CHECK(errno_under(usual, 452, -1) != EPERM);
}

TEST_CASE("limits have Docker's names", "[run][limits]") {
  CHECK(is_resource_name("nofile"));
  CHECK(is_resource_name("stack"));
  CHECK_FALSE(is_resource_name("files"));
  CHECK(set_limit({"files", 1, 1}) == EINVAL);
  CHECK(resource_names().size() == 16);
}

TEST_CASE("rules of the profile go by the capabilities", "[run][seccomp]") {
  const auto has = [](std::uint64_t capabilities, std::string_view name, int error) {
    const auto rules = call_rules(capabilities);
    return std::ranges::any_of(
        rules, [&](const CallRule& rule) { return rule.names == name && rule.error == error; });
  };
  CHECK(has(default_capabilities(), "clone", 0));
  CHECK(has(default_capabilities(), "clone3", ENOSYS));
  CHECK_FALSE(has(default_capabilities() | bit(CAP_SYS_ADMIN), "clone3", ENOSYS));
  CHECK_FALSE(has(default_capabilities(), "reboot", 0));
  CHECK(has(bit(CAP_SYS_BOOT), "reboot", 0));
  CHECK(capability_names_of(bit(CAP_KILL) | bit(CAP_BPF)) ==
        std::vector<std::string>{"CAP_KILL", "CAP_BPF"});
}
