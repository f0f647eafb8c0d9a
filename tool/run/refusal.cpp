#include "run/refusal.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

/// A kernel setting; nullopt where this kernel has none of that name.
std::optional<std::int64_t> setting(const char* name) {
  std::string path = fmt::format("/proc/sys/{}", name);
  for (char& c : path) {
    if (c == '.') c = '/';
  }
  const auto text = read_file_if_exists(path);
  return text ? parse_integer(trim(*text)) : std::nullopt;
}

/// Which setting keeps ordinary users from namespaces; empty: none that we know.
std::string namespace_hint(bool in_user_namespace) {
  if (!in_user_namespace) {
    return "this root is confined: it lacks CAP_SYS_ADMIN; run as an ordinary user, or give "
           "the surrounding container more rights";
  }
  if (setting("kernel.unprivileged_userns_clone") == 0) {
    return "user namespaces are off for ordinary users: sysctl kernel.unprivileged_userns_clone=1";
  }
  if (setting("kernel.apparmor_restrict_unprivileged_userns") == 1) {
    return "AppArmor takes the rights of user namespaces away: "
           "sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  }
  if (setting("user.max_user_namespaces") == 0) {
    return "user namespaces are off: sysctl user.max_user_namespaces=10000";
  }
  return "user namespaces are refused: inside a chroot, or by the seccomp profile of a "
         "surrounding container";
}

Error environment_error(int error, const std::string& action) {
  return {Errc::environment, fmt::format("{}: {}", action, std::generic_category().message(error))};
}

bool is_in_root(const Sandbox& sandbox, const ChildPlan& plan) {
  for (const auto& tree : sandbox.trees) {
    const Fd root = open_file(tree, O_PATH | O_DIRECTORY);
    for (const std::string& program : plan.programs) {
      if (open_in_root(root, program, O_PATH)) return true;
    }
  }
  return false;
}

Error execute_error(int error, const ChildPlan& plan, const Sandbox& sandbox) {
  Error result = Error::from_errno(
      error, fmt::format("run '{}' in the container", printable(sandbox.argv.front())));
  const auto code = error == ENOENT || error == ENOTDIR ? Errc::no_program : Errc::bad_program;
  if (error == ENOENT && is_in_root(sandbox, plan)) {
    return Error(code, result.what()).with_hint(
        "the file is there, but its interpreter is not: the dynamic loader of a program, or "
        "what the #! line of a script names");
  }
  if (error == ENOEXEC) {
    return Error(code, result.what())
        .with_hint("it is no program for this machine, or a script without a #! line");
  }
  return {code, result.what()};
}

std::string limit_text(std::uint64_t value) {
  return value == ResourceLimit::none ? "-1" : std::to_string(value);
}

std::string action(const ChildFailure& failure, const ChildPlan& plan) {
  switch (failure.stage) {
    case Stage::wait_for_parent:
      return "tie the container's life to ours";
    case Stage::private_mounts:
      return "make the container's mounts private";
    case Stage::change_root:
      return fmt::format("change the root to '{}'", plan.root);
    case Stage::overlay:
      return "mount the overlay of the container's root";
    case Stage::bind_root:
      return fmt::format("mount '{}' on itself", plan.root);
    case Stage::take_host_file:
    case Stage::furnish:
      return describe(plan.mounts.at(failure.index));
    case Stage::pivot:
      return "enter the container's root";
    case Stage::read_only_root:
      return "make the container's root read-only";
    case Stage::leave_host_root:
      return "leave the host's root";
    case Stage::hostname:
      return fmt::format("set the host name '{}'", plan.hostname);
    case Stage::loopback:
      return "bring the container's loopback device up";
    case Stage::streams:
      return "give the command its streams";
    case Stage::terminal:
      return "give the command a terminal of its own";
    case Stage::fork:
      return "start the container's command";
    case Stage::close_files:
      return "close the files that were left open";
    case Stage::limits:
      return fmt::format("set the limit '{}' to {}:{}", plan.limits[failure.index].name,
                         limit_text(plan.limits[failure.index].soft), limit_text(plan.limits[failure.index].hard));
    case Stage::working_dir:
      return fmt::format("enter the working directory '{}'", plan.working_dir);
    case Stage::filter:
      return "put the filter of system calls on the command";
    case Stage::listen:
      return "listen to the command's calls for owners";
    case Stage::groups:
      return "set the container's groups";
    case Stage::group:
      return fmt::format("become group {}", plan.gid);
    case Stage::bounding_set:
    case Stage::capabilities:
      return "drop capabilities";
    case Stage::user:
      return fmt::format("become user {}", plan.uid);
    case Stage::no_new_privileges:
      return "forbid new privileges";
    case Stage::execute:
      break;
  }
  return "run the command";
}

}  // namespace

Error namespace_refusal(int error, bool in_user_namespace) {
  return environment_error(error, "make the container's namespaces")
      .with_hint(namespace_hint(in_user_namespace));
}

Error refusal(const ChildFailure& failure, const ChildPlan& plan, const Sandbox& sandbox,
              bool in_user_namespace) {
  if (failure.stage == Stage::execute) return execute_error(failure.error, plan, sandbox);
  Error error = environment_error(failure.error, action(failure, plan));
  if (failure.stage == Stage::limits && failure.error == EPERM) {
    return std::move(error).with_hint("our own limit is lower, and only the machine's root may raise it");
  }
  if (failure.stage == Stage::filter && (failure.error == EINVAL || failure.error == ENOSYS)) {
    return std::move(error).with_hint("this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)");
  }
  const bool was_first = failure.stage == Stage::private_mounts;
  return was_first ? std::move(error).with_hint(namespace_hint(in_user_namespace)) : error;
}

}  // namespace slipway
