#include "run/refusal.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
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

struct FoundProgram {
  Fd file = {};
  std::string path = {};  ///< in the root, without links
};

FoundProgram in_root(Fd file, const Fd& root) {
  const auto path_of = [](const Fd& fd) {
    return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd.get()));
  };
  auto path = path_of(file).lexically_relative(path_of(root));
  return {std::move(file), std::move(path)};
}

std::optional<FoundProgram> find_topmost(const std::vector<std::filesystem::path>& trees,
                                         const std::vector<std::string>& programs) {
  for (auto tree = trees.rbegin(); tree != trees.rend(); ++tree) {
    const Fd root = open_file(*tree, O_PATH | O_DIRECTORY);
    for (const std::string& program : programs) {
      auto found = open_in_root(root, program, O_RDONLY | O_NONBLOCK | O_NOCTTY);
      if (found) return in_root(std::move(*found), root);
    }
  }
  return std::nullopt;
}

/// The program where its links lead. One that an upper tree removes is taken for
/// there: this is for hints.
Fd find_program(const Sandbox& sandbox, const ChildPlan& plan) {
  auto found = find_topmost(sandbox.trees, plan.programs);
  if (found) found = find_topmost(sandbox.trees, {found->path});
  return found ? std::move(found->file) : Fd();
}

/// Whose programs an ELF file holds, by Docker's names; nullopt: it is no ELF file.
std::optional<std::string> machine_of(const Fd& file) {
  std::array<unsigned char, 20> header = {};
  const bool is_elf =
      file &&
      ::pread(file.get(), header.data(), header.size(), 0) == static_cast<ssize_t>(header.size()) &&
      std::memcmp(header.data(), ELFMAG, SELFMAG) == 0;
  if (!is_elf) return std::nullopt;
  const bool is_little = header[EI_DATA] == ELFDATA2LSB;
  const unsigned number = is_little ? header[18] | header[19] << 8 : header[19] | header[18] << 8;
  switch (number) {
    case EM_386:
      return "386";
    case EM_X86_64:
      return "amd64";
    case EM_ARM:
      return "arm";
    case EM_AARCH64:
      return "arm64";
    case EM_S390:
      return "s390x";
    case EM_PPC64:
      return is_little ? "ppc64le" : "ppc64";
    case EM_RISCV:
      return "riscv64";
    default:
      return fmt::format("another machine (number {} of ELF)", number);
  }
}

std::string hint_for_format(const Fd& program) {
  const auto theirs = machine_of(program);
  const auto ours = machine_of(open_file("/proc/self/exe", O_RDONLY));
  if (!theirs || !ours || theirs == ours)
    return "it is no program for this machine, or a script without a #! line";
  return fmt::format(
      "it is a program for {}, and this machine is {}: take the base of this machine's platform, or "
      "install an emulator (Debian: qemu-user-binfmt)",
      *theirs, *ours);
}

Error execute_error(int error, const ChildPlan& plan, const Sandbox& sandbox) {
  Error result = Error::from_errno(
      error, fmt::format("run '{}' in the container", printable(sandbox.argv.front())));
  const auto code = error == ENOENT || error == ENOTDIR ? Errc::no_program : Errc::bad_program;
  if (error != ENOENT && error != ENOEXEC) return {code, result.what()};
  const Fd program = find_program(sandbox, plan);
  if (error == ENOEXEC) return Error(code, result.what()).with_hint(hint_for_format(program));
  if (program) {
    return Error(code, result.what())
        .with_hint(
            "the file is there, but its interpreter is not: the dynamic loader of a program, or "
            "what the #! line of a script names");
  }
  return Error(code, result.what())
      .with_hint(
          "the image has no such program; without a shell there is the exec form: [\"/path/of/a/program\", \"word\"]");
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
                         limit_text(plan.limits[failure.index].soft),
                         limit_text(plan.limits[failure.index].hard));
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
    case Stage::runtime_proc:
      return "mount /proc for the OCI runtime";
    case Stage::runtime:
      return fmt::format("start the OCI runtime '{}'", plan.runtime.front());
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
    return std::move(error).with_hint(
        "our own limit is lower, and only the machine's root may raise it");
  }
  if (failure.stage == Stage::filter && (failure.error == EINVAL || failure.error == ENOSYS)) {
    return std::move(error).with_hint("this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)");
  }
  const bool was_first = failure.stage == Stage::private_mounts;
  return was_first ? std::move(error).with_hint(namespace_hint(in_user_namespace)) : error;
}

}  // namespace slipway
