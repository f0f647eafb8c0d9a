#include "container/spec.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"

namespace slipway {
namespace {

/// A document that is read or written: the same list of members serves both, so that
/// none can be forgotten in one of them.
class Fields {
 public:
  explicit Fields(Json& json, bool reads) : json_(json), reads_(reads) {}

  template <typename Value>
  void operator()(const char* name, Value& value) {
    if (!reads_) {
      json_[name] = value;
    } else if (const auto found = json_.find(name); found != json_.end()) {
      found->get_to(value);
    }
  }

  /// One that may be missing; -1 stands for that.
  template <typename Enum>
  void number(const char* name, std::optional<Enum>& value) {
    int number = value ? static_cast<int>(*value) : -1;
    (*this)(name, number);
    value = number < 0 ? std::nullopt : std::optional(static_cast<Enum>(number));
  }

  template <typename Enum>
  void number(const char* name, Enum& value) {
    int number = static_cast<int>(value);
    (*this)(name, number);
    value = static_cast<Enum>(number);
  }

  void path(const char* name, std::filesystem::path& value) {
    std::string text = value.native();
    (*this)(name, text);
    value = text;
  }

  /// Each of a list by a function of Fields and the element.
  template <typename Value, typename Visit>
  void list(const char* name, std::vector<Value>& values, Visit&& visit) {
    if (!reads_) {
      json_[name] = Json::array();
      for (auto& value : values) {
        Json element;
        Fields fields(element, false);
        visit(fields, value);
        json_[name].push_back(std::move(element));
      }
      return;
    }
    values.clear();
    for (Json& element : json_.at(name)) {
      Fields fields(element, true);
      visit(fields, values.emplace_back());
    }
  }

 private:
  Json& json_;
  bool reads_;
};

void visit_mount(Fields& fields, SandboxMount& mount) {
  fields.number("kind", mount.kind);
  fields.path("source", mount.source);
  fields("target", mount.target);
  fields("is_file", mount.is_file);
  fields("read_only", mount.read_only);
  fields("size", mount.size);
  fields("options", mount.options);
  fields("no_programs", mount.no_programs);
}

void visit_limit(Fields& fields, ResourceLimit& limit) {
  fields("name", limit.name);
  fields("soft", limit.soft);
  fields("hard", limit.hard);
}

void visit_host(Fields& fields, HostAddress& host) {
  fields("name", host.name);
  fields("address", host.address);
}

void visit_image(Fields& fields, ContainerSpec& spec) {
  std::string digest = spec.image.digest.str();
  std::string platform = spec.platform.str();
  std::string config = to_json(spec.config);
  fields("image_name", spec.image_name);
  fields("image", digest);
  fields("image_type", spec.image.media_type);
  fields("image_size", spec.image.size);
  fields("platform", platform);
  fields("config", config);
  spec.image.digest = Digest::parse(digest);
  spec.platform = Platform::parse(platform);
  spec.config = parse_image_config(config);
}

void visit_spec(Fields& fields, ContainerSpec& spec) {
  fields("id", spec.id);
  fields("name", spec.name);
  fields("created", spec.created);
  visit_image(fields, spec);
  fields("argv", spec.argv);
  fields("env", spec.env);
  fields("working_dir", spec.working_dir);
  fields("user", spec.user);
  fields("uid", spec.uid);
  fields("gid", spec.gid);
  fields("groups", spec.groups);
  fields("hostname", spec.hostname);
  fields.list("mounts", spec.mounts, visit_mount);
  fields("unfilled", spec.unfilled);
  fields.list("devices", spec.devices, visit_mount);
  fields("memory", spec.cgroup_limits.memory);
  fields("memory_and_swap", spec.cgroup_limits.swap);
  fields("cpu_nano", spec.cgroup_limits.cpu_nano);
  fields("processes", spec.cgroup_limits.processes);
  fields.number("network", spec.network);
  fields.list("limits", spec.conditions.limits, visit_limit);
  fields.list("hosts", spec.conditions.hosts, visit_host);
  fields("shm_size", spec.conditions.shm_size);
  fields.number("isolation", spec.conditions.isolation);
  fields("labels", spec.labels);
  fields("ports", spec.ports);
  fields("capabilities", spec.capabilities);
  fields("is_privileged", spec.is_privileged);
  fields("filters_calls", spec.filters_calls);
  fields("may_gain_privileges", spec.may_gain_privileges);
  fields("read_only_root", spec.read_only_root);
  fields("terminal", spec.terminal);
  fields("interactive", spec.interactive);
  fields("auto_remove", spec.auto_remove);
  fields("stop_signal", spec.stop_signal);
  fields("stop_timeout", spec.stop_timeout);
}

void visit_state(Fields& fields, ContainerState& state) {
  fields.number("phase", state.phase);
  fields("pid", state.pid);
  fields("exit_code", state.exit_code);
  fields("started", state.started);
  fields("finished", state.finished);
  fields("is_copy", state.is_copy);
  fields("mount_points", state.mount_points);
  fields("error", state.error);
}

template <typename Value, typename Visit>
std::string write_document(Value value, Visit&& visit) {
  Json json;
  Fields fields(json, false);
  visit(fields, value);
  return to_printable_text(json, 1) + '\n';
}

template <typename Value, typename Visit>
Value read_document(std::string_view text, const char* what, Visit&& visit) {
  Value value;
  try {
    Json json = parse_json(text);
    Fields fields(json, true);
    visit(fields, value);
  } catch (const Json::exception& error) {
    throw Error(Errc::input, fmt::format("read {}: {}", what, error.what()));
  }
  return value;
}

}  // namespace

std::string phase_name(ContainerState::Phase phase) {
  using Phase = ContainerState::Phase;
  return phase == Phase::running ? "running" : phase == Phase::created ? "created" : "exited";
}

std::string to_json(const ContainerSpec& spec) { return write_document(spec, visit_spec); }

ContainerSpec parse_container_spec(std::string_view text) {
  return read_document<ContainerSpec>(text, "a container's description", visit_spec);
}

std::string to_json(const ContainerState& state) { return write_document(state, visit_state); }

ContainerState parse_container_state(std::string_view text) {
  return read_document<ContainerState>(text, "a container's state", visit_state);
}

}  // namespace slipway
