#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/inspect.hpp"
#include "cli/table.hpp"
#include "container/volumes.hpp"
#include "oci/config_json.hpp"

namespace slipway::cli {
Json describe_config(const ContainerConfig& config) {
  Json object;
  object["User"] = config.user;
  if (!config.exposed_ports.empty()) object["ExposedPorts"] = empty_objects(config.exposed_ports);
  object["Env"] = config.env;
  object["Cmd"] = config.cmd ? Json(*config.cmd) : Json();
  if (config.healthcheck) object["Healthcheck"] = healthcheck_json(*config.healthcheck);
  if (config.args_escaped) object["ArgsEscaped"] = true;
  if (!config.volumes.empty()) object["Volumes"] = empty_objects(config.volumes);
  object["WorkingDir"] = config.working_dir;
  object["Entrypoint"] = config.entrypoint ? Json(*config.entrypoint) : Json();
  if (!config.onbuild.empty()) object["OnBuild"] = config.onbuild;
  object["Labels"] = config.labels.empty() ? Json() : Json(config.labels);
  if (!config.stop_signal.empty()) object["StopSignal"] = config.stop_signal;
  if (!config.shell.empty()) object["Shell"] = config.shell;
  return object;
}

namespace {

using Phase = ContainerState::Phase;

/// Docker's for "never".
constexpr std::string_view no_time = "0001-01-01T00:00:00Z";

Json describe_state(const ContainerState& state) {
  const bool is_running = state.phase == Phase::running;
  return {{"Status", phase_name(state.phase)},
          {"Running", is_running},
          {"Paused", false},
          {"Restarting", false},
          {"OOMKilled", false},
          {"Dead", false},
          {"Pid", is_running ? state.pid : 0},
          {"ExitCode", state.exit_code},
          {"Error", state.error},
          {"StartedAt", state.started.empty() ? no_time : state.started},
          {"FinishedAt", state.finished.empty() ? no_time : state.finished}};
}

Json describe_mounts(const ContainerSpec& spec, const Store& store) {
  Json mounts = Json::array();
  for (const auto& mount : spec.mounts) {
    const auto volume = volume_of(mount, store);
    const bool is_tmpfs = mount.kind == SandboxMount::Kind::tmpfs;
    Json one = {{"Type", is_tmpfs ? "tmpfs" : volume ? "volume" : "bind"}};
    if (volume) one["Name"] = *volume;
    one["Source"] = mount.source.native();
    one["Destination"] = mount.target;
    if (volume) one["Driver"] = "local";
    one["Mode"] = mount.read_only ? "ro" : "";
    one["RW"] = !mount.read_only;
    one["Propagation"] = volume || is_tmpfs ? "" : "rprivate";
    mounts.push_back(std::move(one));
  }
  return mounts;
}

Json describe_limits(const std::vector<ResourceLimit>& limits) {
  const auto number = [](std::uint64_t value) {
    return value == ResourceLimit::none ? std::int64_t{-1} : static_cast<std::int64_t>(value);
  };
  Json all = Json::array();
  for (const auto& limit : limits)
    all.push_back(
        {{"Name", limit.name}, {"Soft", number(limit.soft)}, {"Hard", number(limit.hard)}});
  return all;
}

Json describe_host_config(const ContainerSpec& spec) {
  Json binds = Json::array();
  for (const auto& mount : spec.mounts) {
    if (mount.kind != SandboxMount::Kind::bind) continue;
    binds.push_back(
        fmt::format("{}:{}{}", mount.source.native(), mount.target, mount.read_only ? ":ro" : ""));
  }
  Json devices = Json::array();
  for (const auto& device : spec.devices) {
    devices.push_back({{"PathOnHost", device.source.native()},
                       {"PathInContainer", device.target},
                       {"CgroupPermissions", "rwm"}});
  }
  Json hosts = Json::array();
  for (const auto& host : spec.conditions.hosts) hosts.push_back(host.name + ':' + host.address);
  const auto& limits = spec.cgroup_limits;
  return {{"Binds", binds},
          {"NetworkMode", spec.network == Network::none ? "none" : "host"},
          {"RestartPolicy", {{"Name", "no"}, {"MaximumRetryCount", 0}}},
          {"AutoRemove", spec.auto_remove},
          {"ExtraHosts", hosts},
          {"Privileged", spec.is_privileged},
          {"ReadonlyRootfs", spec.read_only_root},
          {"ShmSize", spec.conditions.shm_size},
          {"Memory", limits.memory},
          {"MemorySwap", limits.swap},
          {"NanoCpus", limits.cpu_nano},
          {"PidsLimit", limits.processes == 0 ? Json() : Json(limits.processes)},
          {"Devices", devices},
          {"Ulimits", describe_limits(spec.conditions.limits)}};
}

/// The image's configuration with what the command line says, and Docker's fields of
/// containers.
Json describe_container_config(const ContainerSpec& spec) {
  Json config = describe_config(spec.config.config);
  config["Hostname"] = spec.hostname;
  config["User"] = spec.user;
  config["Env"] = spec.env;
  config["Tty"] = spec.terminal;
  config["OpenStdin"] = spec.interactive;
  config["Image"] = spec.image_name;
  config["WorkingDir"] = spec.working_dir;
  config["Labels"] = spec.labels;
  config["StopTimeout"] = spec.stop_timeout;
  return config;
}

}  // namespace

Json describe_container(const Container& container, const Store& store) {
  const auto& spec = container.spec();
  const std::vector<std::string> arguments(spec.argv.begin() + 1, spec.argv.end());
  const char* network = spec.network == Network::none ? "none" : "host";
  return {{"Id", spec.id},
          {"Created", spec.created},
          {"Path", spec.argv.front()},
          {"Args", arguments},
          {"State", describe_state(container.state())},
          {"Image", spec.image.digest.str()},
          {"HostsPath", (container.folder() / "hosts").native()},
          {"LogPath", container.log().native()},
          {"Name", "/" + spec.name},
          {"RestartCount", 0},
          {"Driver", "overlay"},
          {"Platform", spec.platform.os},
          {"HostConfig", describe_host_config(spec)},
          {"Mounts", describe_mounts(spec, store)},
          {"Config", describe_container_config(spec)},
          {"NetworkSettings", {{"Networks", {{network, Json::object()}}}}}};
}

}  // namespace slipway::cli
