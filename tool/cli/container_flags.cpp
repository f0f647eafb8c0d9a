#include "cli/container_flags.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "build/rootfs.hpp"
#include "cli/command.hpp"
#include "container/container.hpp"
#include "container/lifecycle.hpp"
#include "container/log.hpp"
#include "container/mount_flags.hpp"
#include "container/signals.hpp"
#include "container/volumes.hpp"
#include "layer/path.hpp"

namespace slipway::cli {
namespace {

[[noreturn]] void refuse_flag(std::string_view flag, const std::string& text, std::string_view why,
                              std::string hint = {}) {
  throw Error(Errc::usage, fmt::format("{} '{}' {}", flag, printable(text), why))
      .with_hint(std::move(hint));
}

PullPolicy pull_policy(const std::string& text) {
  if (text == "always") return PullPolicy::always;
  if (text == "never") return PullPolicy::never;
  if (text == "missing" || text.empty()) return default_pull_policy();
  refuse_flag("--pull", text, "is neither always, missing nor never");
}

/// "8080:80/tcp" and the like: the container has the machine's own network, so a port
/// can be had where it is, and nowhere else.
void require_own_port(const std::string& text, Network network) {
  if (network == Network::none) {
    refuse_flag("--publish", text, "cannot be had: the container has no network",
                "leave --network=none out");
  }
  const auto plain = text.substr(0, text.find('/'));
  const auto parts = split(plain, ':');
  const auto is_ports = [](const std::string& part) {
    return !part.empty() && part.find_first_not_of("0123456789-") == std::string::npos;
  };
  if (!is_ports(parts.back()) || (parts.size() > 1 && !parts[parts.size() - 2].empty() &&
                                  !is_ports(parts[parts.size() - 2]))) {
    refuse_flag("--publish", text, "is not of the form [[ADDRESS:]PORT:]PORT[/PROTOCOL]");
  }
  if (parts.size() == 2 && parts[0] == parts[1]) return;
  if (parts.size() == 1) return;
  refuse_flag(
      "--publish", text,
      "cannot be had: the container has the machine's network, where its ports are as they are",
      fmt::format(
          "let the program listen on the port that is wanted, or give the same one twice: -p {0}:{0}",
          parts.back()));
}

std::uint64_t require_capability(const std::string& flag, const std::string& name) {
  const auto found = find_capability(name);
  if (!found) refuse_flag(flag, name, "names no capability");
  return *found;
}

std::pair<std::string, std::string> key_and_value(const std::string& text) {
  const auto equals = text.find('=');
  return {text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
}

/// "K=V", or "K:V" as it was once written.
std::pair<std::string, std::string> security_option(const std::string& text) {
  auto option = text;
  if (const auto end = option.find_first_of("=:"); end != std::string::npos) option[end] = '=';
  return key_and_value(option);
}

}  // namespace

void ContainerFlags::add_to(Command& command) {
  command.keeps_short_h();
  command.repeatable("-e,--env", settings.env, "A variable; without a value, our own", {"K[=V]"});
  command.repeatable("--env-file", env_files, "A file of such lines (repeatable)", {"FILE"});
  command.option("-w,--workdir", settings.working_dir, "Working directory", {"DIR"});
  command.option("-u,--user", user, "User or id, and group", {"USER[:GROUP]"});
  command.repeatable("--group-add", groups, "One more group", {"GROUP"});
  command.option_function("--entrypoint",
                          [this](const std::string& text) { settings.entrypoint = text; },
                          "Instead of the image's; \"\" for none", {"PROGRAM"});
  command.option("-h,--hostname", hostname, "Host name inside", {"NAME"});
  command.option("--name", name, "The container's name", {"NAME"});
  command.repeatable("-l,--label", labels, "A label of the container", {"K[=V]"});
  command.repeatable("--label-file", label_files, "A file of labels", {"FILE"});
  command.option("--platform", platform, "Of an index, which image", {"OS/ARCH"});
  command.option("--pull", pull, "always, missing or never", {"WHEN"});
  command.flag("--rm", auto_remove, "Remove the container when it ends");
  command.flag("-i,--interactive", interactive, "Our standard input is the container's");
  command.flag("-t,--tty", terminal, "The container gets a terminal");
  command.repeatable("-v,--volume", volumes, "A folder, file or named volume inside",
                     {"[SOURCE:]TARGET[:ro]"});
  command.repeatable("--mount", mounts, "The same, or a tmpfs: type=bind,source=S,target=T",
                     {"K=V,..."});
  command.repeatable("--tmpfs", tmpfs, "Files in memory", {"TARGET[:OPTIONS]"});
  command.flag("--read-only", read_only, "Nothing but mounts can be written");
  command.option("--network,--net", network, "host or none [host]", {"MODE"});
  command.repeatable("-p,--publish", ports, "A port; the network is the machine's", {"PORT"});
  command.repeatable("--add-host", hosts, "A line of /etc/hosts: NAME:ADDRESS", {"HOST"});
  command.repeatable("--cap-add", added_capabilities, "Give a capability", {"NAME"});
  command.repeatable("--cap-drop", dropped_capabilities, "Take a capability", {"NAME"});
  command.flag("--privileged", privileged, "All capabilities, all system calls");
  command.repeatable("--security-opt", security, "seccomp=unconfined, no-new-privileges",
                     {"OPTION"});
  command.repeatable("--ulimit", limits, "A limit: NAME=SOFT[:HARD], -1 for none", {"LIMIT"});
  command.option("-m,--memory", memory, "Memory at most", {"SIZE"});
  command.option("--memory-swap", memory_swap, "Memory and swap together; -1: all there is",
                 {"SIZE"});
  command.option("--cpus", cpus, "Processors at most, as 1.5", {"NUMBER"});
  command.option("--pids-limit", processes, "Processes at most; -1: no limit", {"NUMBER"});
  command.repeatable("--device", devices, "A device of the machine", {"DEVICE[:TARGET[:rwm]]"});
  command.option("--shm-size", shm_size, "The size of /dev/shm [64m]", {"SIZE"});
  command.option("--isolation", isolation, "namespaces, or oci: by runc or crun [namespaces]",
                 {"HOW"});
  command.option("--stop-signal", stop_signal, "What 'stop' sends first", {"SIGNAL"});
  command.option("--stop-timeout", stop_timeout, "Seconds until 'stop' kills [10]", {"SECONDS"});
  command.option("--cidfile", id_file, "Write the container's id there", {"FILE"});
  command.ignored_flag("--init", "A pid 1 that reaps (there is always one)");
}

/// What --env and --label set comes after, and wins.
void ContainerFlags::read_files() {
  const auto read = [](const std::vector<std::string>& files, std::vector<std::string>& into) {
    std::vector<std::string> all;
    for (const auto& path : files) {
      for (auto& line : parse_env_file(read_file(path), path)) all.push_back(std::move(line));
    }
    into.insert(into.begin(), all.begin(), all.end());
  };
  read(env_files, settings.env);
  read(label_files, labels);
}

void ContainerFlags::set_rights(ContainerSpec& spec) const {
  for (const auto& added : added_capabilities)
    spec.capabilities |= require_capability("--cap-add", added);
  for (const auto& word : dropped_capabilities) {
    const auto dropped = require_capability("--cap-drop", word);
    // "--cap-drop ALL --cap-add X", in any order
    spec.capabilities &= ~dropped;
    if (dropped != every_capability()) continue;
    for (const auto& added : added_capabilities)
      spec.capabilities |= require_capability("--cap-add", added);
  }
  spec.is_privileged = privileged;
  if (privileged) spec.capabilities = every_capability();
  for (const auto& option : security) {
    const auto [key, value] = security_option(option);
    if (key == "seccomp" && value == "unconfined")
      spec.filters_calls = false;
    else if (key == "no-new-privileges" && (value.empty() || value == "true" || value == "false"))
      spec.may_gain_privileges = value == "false";
    else if (key != "label" && key != "apparmor") {
      refuse_flag("--security-opt", option, "is none that there is",
                  "there are seccomp=unconfined and no-new-privileges");
    }
  }
}

void ContainerFlags::set_network(ContainerSpec& spec) const {
  if (network == "none")
    spec.network = Network::none;
  else if (!network.empty() && network != "host" && network != "default" && network != "bridge") {
    refuse_flag("--network", network, "is none that there is", "it is host or none");
  }
  for (const auto& port : ports) require_own_port(port, spec.network);
  spec.ports = ports;
}

void ContainerFlags::set_mounts(ContainerSpec& spec, const Store& store) const {
  const auto add = [&](FlagMount asked) {
    if (asked.is_filled) spec.unfilled.push_back(asked.mount.target);
    spec.mounts.push_back(std::move(asked.mount));
  };
  for (const auto& text : tmpfs) spec.mounts.push_back(parse_tmpfs_flag(text));
  for (const auto& text : volumes) add(parse_volume_flag(text, store));
  for (const auto& text : mounts) add(parse_mount_flag(text, store));
  for (const auto& text : devices) spec.devices.push_back(parse_device_flag(text));
  // A chroot mounts nothing; and nobody asked for these.
  const auto isolation_there = spec.conditions.isolation.value_or(available_isolation());
  if (isolation_there != Isolation::chroot) add_image_volumes(spec, store);
  // What holds another mount comes first.
  std::ranges::stable_sort(spec.mounts, {}, [](const SandboxMount& mount) {
    return std::ranges::count(mount.target, '/');
  });
  for (std::size_t i = 1; i < spec.mounts.size(); ++i) {
    const auto same = [&](const SandboxMount& other) {
      return other.target == spec.mounts[i].target;
    };
    if (std::any_of(spec.mounts.begin(), spec.mounts.begin() + static_cast<std::ptrdiff_t>(i),
                    same)) {
      throw Error(Errc::usage,
                  fmt::format("mount on '{}': it is asked for twice", spec.mounts[i].target));
    }
  }
}

void ContainerFlags::set_cgroup_limits(ContainerSpec& spec) const {
  auto& accepted = spec.cgroup_limits = parse_cgroup_limits(memory, memory_swap, cpus, processes);
  for (const auto& [kind, reason] : refused_limits(accepted)) {
    using Kind = RefusedLimit::Kind;
    const char* flag = kind == Kind::memory ? "--memory"
                       : kind == Kind::cpu  ? "--cpus"
                                            : "--pids-limit";
    fmt::print(stderr, "slipway: warning: {} is discarded: {}\n", flag, reason);
    (kind == Kind::memory ? accepted.memory
     : kind == Kind::cpu  ? accepted.cpu_nano
                          : accepted.processes) = 0;
  }
}

ContainerSpec ContainerFlags::describe(std::vector<std::string> words, const Store& store) {
  if (words.empty())
    throw Error(Errc::usage, "no image given")
        .with_hint("it comes after the options: IMAGE [COMMAND...]");
  read_files();
  ContainerSpec spec;
  spec.image_name = words.front();
  settings.command.assign(words.begin() + 1, words.end());
  set_rights(spec);
  set_network(spec);
  spec.conditions = RunConditions::parse(limits, hosts, shm_size, isolation);

  const auto asked = platform.empty() ? Platform::host() : Platform::parse(platform);
  const auto image_name = ImageName::parse(spec.image_name);
  const auto policy =
      image_name.where == ImageName::Where::registry && default_pull_policy() != PullPolicy::never
          ? PullPolicy::always
          : pull_policy(pull);
  const auto image =
      bring_into_store(find_image(image_name, store, asked, BareName::of_registry, policy), store)
          .image;
  store.blobs().require(image.manifest.layers);  // it may start where there is no network
  spec.image = image.descriptor;
  spec.platform = image.config.platform;
  const auto& config = image.config.config;
  const auto view = view_of(layers_of(image), store);
  spec.user = user.empty() ? config.user : user;
  const auto owner = find_owner(spec.user, view, LoneUser::own_group);
  spec.uid = owner.uid;
  spec.gid = owner.gid;
  spec.groups = groups_of(spec.user.empty() ? "0" : spec.user, view);
  for (const auto& group : groups)
    spec.groups.push_back(find_owner("0:" + group, view, LoneUser::own_group).gid);
  spec.argv = container_argv(config, settings);
  spec.id = new_container_id();
  spec.name = name;
  spec.created = rfc3339_now();
  spec.hostname = hostname.empty() ? spec.short_id() : hostname;
  spec.env = container_env(config, settings, home_of(owner, view), spec.hostname);
  if (terminal && !get_env(spec.env, "TERM")) set_env(spec.env, "TERM", "xterm");
  if (!settings.working_dir.empty()) require_absolute(settings.working_dir);
  spec.working_dir =
      "/" + clean_path(settings.working_dir.empty() ? config.working_dir : settings.working_dir);
  spec.config = image.config;
  set_mounts(spec, store);
  set_cgroup_limits(spec);
  spec.labels = config.labels;
  for (const auto& label : labels)
    spec.labels.insert_or_assign(key_and_value(label).first, key_and_value(label).second);
  spec.read_only_root = read_only;
  spec.terminal = terminal;
  spec.interactive = interactive;
  spec.auto_remove = auto_remove;
  spec.stop_signal = stop_signal.empty() ? config.stop_signal : stop_signal;
  if (!stop_signal.empty()) (void)parse_signal(stop_signal);
  if (!stop_timeout.empty()) {
    const auto seconds = parse_integer(stop_timeout);
    if (!seconds) refuse_flag("--stop-timeout", stop_timeout, "is no number of seconds");
    spec.stop_timeout = *seconds;
  }
  set_image_config(spec.config.config, settings, spec);
  return spec;
}

void ContainerFlags::require_new_id_file() const {
  if (id_file.empty() || !lstat_file(id_file)) return;
  throw Error(Errc::input, fmt::format("write the container's id to '{}': it is there already",
                                       printable(id_file)));
}

void ContainerFlags::write_id(const ContainerSpec& spec) const {
  require_new_id_file();
  if (!id_file.empty()) write_file_if_changed(id_file, spec.id);
}

}  // namespace slipway::cli
