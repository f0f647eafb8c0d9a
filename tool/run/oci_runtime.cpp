// A runtime of others does what child.cpp does: it makes namespaces, mounts and
// limits, and starts the command. The root is ours, an overlay in a mount namespace
// that the runtime is started in, so that the layers come out the same. It also has a
// pid namespace of its own, which ends with us: a runtime that is killed would leave
// its container running.
#include "run/oci_runtime.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "run/cgroup.hpp"
#include "run/seccomp_profile.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

using Kind = MountOp::Kind;

constexpr std::string_view specification = "1.0.2";
constexpr useconds_t look_again_us = 1000;
constexpr int most_looks = 5000;
/// Of the names of runtimes' containers, and so of their cgroups.
constexpr std::string_view group_prefix = "slipway-";

std::vector<std::string> options_of(const MountOp& op) {
  std::vector<std::string> options;
  if ((op.flags & MS_NOSUID) != 0) options.emplace_back("nosuid");
  if ((op.flags & MS_NODEV) != 0) options.emplace_back("nodev");
  if ((op.flags & MS_NOEXEC) != 0) options.emplace_back("noexec");
  for (const auto& option : split(op.data, ',')) {
    if (!option.empty()) options.push_back(option);
  }
  return options;
}

class ConfigWriter {
 public:
  ConfigWriter(const std::string& root, const std::vector<MountOp>& mounts, const Sandbox& sandbox)
      : root_(root), mounts_(mounts), sandbox_(sandbox) {}

  std::string write() && {
    json_.object([&] {
      json_.member("ociVersion", specification);
      json_.key("root").object([&] {
        json_.member("path", root_);
        json_.member("readonly", sandbox_.read_only_root);
      });
      json_.member("hostname", sandbox_.hostname);
      json_.key("process").object([&] { write_process(); });
      json_.key("mounts").array([&] {
        for (const auto& op : mounts_) write_mount(op);
      });
      json_.key("linux").object([&] { write_linux(); });
    });
    return std::move(json_).take();
  }

 private:
  void write_process() {
    json_.member("terminal", sandbox_.terminal);
    json_.key("user").object([&] {
      json_.member("uid", std::int64_t{sandbox_.uid});
      json_.member("gid", std::int64_t{sandbox_.gid});
      json_.key("additionalGids").array([&] {
        for (const auto group : sandbox_.groups) json_.value(std::int64_t{group});
      });
    });
    json_.member("args", sandbox_.argv);
    json_.member("env", sandbox_.env);
    json_.member("cwd", sandbox_.working_dir);
    json_.member("noNewPrivileges", !sandbox_.may_gain_privileges);
    json_.key("capabilities").object([&] { write_capabilities(); });
    json_.key("rlimits").array([&] {
      for (const auto& limit : sandbox_.limits) {
        json_.object([&] {
          json_.member("type", fmt::format("RLIMIT_{}", to_upper(limit.name)));
          json_.member("soft", limit.soft);
          json_.member("hard", limit.hard);
        });
      }
    });
  }

  /// Who is not root has none, but programs may gain them.
  void write_capabilities() {
    const auto kept = sandbox_.all_capabilities ? held_capabilities()
                                                : sandbox_.capabilities & held_capabilities();
    const auto names = capability_names_of(kept);
    json_.member("bounding", names);
    const auto own = sandbox_.uid == 0 ? names : std::vector<std::string>();
    json_.member("effective", own);
    json_.member("permitted", own);
  }

  void write_mount(const MountOp& op) {
    if (op.kind == Kind::filesystem || op.kind == Kind::new_proc)
      return write_mount(op.target, op.source, op.source, options_of(op));
    if (op.kind != Kind::attach) return;  // runtimes make the usual nodes themselves
    if (op.optional && !lstat_file(op.source)) return;
    write_mount(op.target, "bind", op.source, {"rbind", op.read_only ? "rro" : "rw"});
  }

  void write_mount(const std::string& target, std::string_view type, const std::string& source,
                   const std::vector<std::string>& options) {
    json_.object([&] {
      json_.member("destination", target);
      json_.member("type", type);
      json_.member("source", source);
      json_.member("options", options);
    });
  }

  void write_linux() {
    json_.key("namespaces").array([&] {
      for (const char* type : {"mount", "pid", "ipc", "uts"})
        json_.object([&] { json_.member("type", type); });
    });
    json_.member("maskedPaths", targets_of(Kind::hide));
    json_.member("readonlyPaths", targets_of(Kind::make_read_only));
    if (!sandbox_.all_capabilities && sandbox_.filters_calls)
      json_.key("seccomp").object([&] { write_filter(); });
  }

  std::vector<std::string> targets_of(Kind kind) const {
    std::vector<std::string> targets;
    for (const auto& op : mounts_) {
      if (op.kind == kind) targets.push_back(op.target);
    }
    return targets;
  }

  void write_filter() {
    json_.member("defaultAction", "SCMP_ACT_ERRNO");
    json_.member("architectures", filter_architectures());
    json_.key("syscalls").array([&] {
      for (const auto& rule : call_rules(sandbox_.capabilities)) write_rule(rule);
    });
  }

  void write_rule(const CallRule& rule) {
    json_.object([&] {
      json_.member("names", split(rule.names, ' '));
      json_.member("action", rule.error == 0 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO");
      if (rule.error != 0) json_.member("errnoRet", rule.error);
      if (!rule.condition) return;
      const CallRule::Condition& condition = *rule.condition;
      json_.key("args").array([&] {
        json_.object([&] {
          json_.member("index", std::int64_t{condition.argument});
          json_.member("value", condition.value);
          json_.member("valueTwo", condition.masked);
          json_.member("op", name_of_comparison(condition.comparison));
        });
      });
    });
  }

  static const char* name_of_comparison(CallRule::Comparison comparison) {
    switch (comparison) {
      case CallRule::Comparison::less:
        return "SCMP_CMP_LT";
      case CallRule::Comparison::equal:
        return "SCMP_CMP_EQ";
      case CallRule::Comparison::greater:
        return "SCMP_CMP_GT";
      case CallRule::Comparison::masked_equal:
        return "SCMP_CMP_MASKED_EQ";
    }
    return "";
  }

  const std::string& root_;
  const std::vector<MountOp>& mounts_;
  const Sandbox& sandbox_;
  JsonWriter json_ = {};
};

bool has_ended(pid_t process) {
  siginfo_t info = {};
  return ::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid != 0;
}

/// A file of /proc; nothing where the process, or the thread, has ended meanwhile.
std::string read_of_process(const fs::path& path) {
  try {
    return read_file_if_exists(path).value_or("");
  } catch (const Error&) {
    return {};
  }
}

/// Those that any of its threads started.
std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::error_code error;
  fs::directory_iterator thread(fmt::format("/proc/{}/task", process), error);
  for (const fs::directory_iterator end; !error && thread != end; thread.increment(error)) {
    const auto text = read_of_process(thread->path() / "children");
    for (const auto& word : split(text, ' ')) {
      if (const auto number = parse_integer(word)) children.push_back(static_cast<pid_t>(*number));
    }
  }
  return children;
}

/// Is it the first of its pid namespace?
bool is_first_process(pid_t process) {
  const auto status = read_of_process(fmt::format("/proc/{}/status", process));
  for (const auto& line : split(status, '\n')) {
    if (line.starts_with("NSpid:")) return trim(line).ends_with("\t1");
  }
  return false;
}

}  // namespace

std::optional<fs::path> find_oci_runtime() {
  const char* path = std::getenv("PATH");
  for (const char* name : {"runc", "crun"}) {
    for (const auto& folder : split(path != nullptr ? path : "/usr/bin:/usr/sbin", ':')) {
      auto program = fs::path(folder) / name;
      if (::access(program.c_str(), X_OK) == 0) return program;
    }
  }
  return std::nullopt;
}

OciBundle::OciBundle(const fs::path& folder, const std::string& root,
                     const std::vector<MountOp>& mounts, const Sandbox& sandbox)
    : pid_file_(folder / "pid") {
  const auto runtime = find_oci_runtime();
  if (!runtime) {
    throw Error(Errc::environment, "find an OCI runtime: neither runc nor crun is on $PATH")
        .with_hint("apt-get install runc, or leave --isolation=oci out");
  }
  make_directories(folder);
  std::error_code ignored;
  fs::remove(pid_file_, ignored);  // of an earlier command
  remove_left_cgroups(group_prefix);
  write_file_if_changed(folder / "config.json", ConfigWriter(root, mounts, sandbox).write());
  argv_ = {runtime->native(),
           "--root",
           (folder / "state").native(),
           "run",
           "--bundle",
           folder.native(),
           "--pid-file",
           pid_file_.native(),
           fmt::format("{}{}", group_prefix, ::getpid())};
}

pid_t OciBundle::first_process(pid_t parent) const {
  while (!lstat_file(pid_file_) && !has_ended(parent)) ::usleep(look_again_us);
  // One that has ended takes its runtime and that one's parent with it, soon.
  for (int tries = 0; tries < most_looks; ++tries) {
    for (const pid_t runtime : children_of(parent)) {
      for (const pid_t process : children_of(runtime)) {
        if (is_first_process(process)) return process;
      }
    }
    if (has_ended(parent)) return parent;
    ::usleep(look_again_us);
  }
  throw Error(Errc::environment, "find the first process that the OCI runtime started");
}

}  // namespace slipway
