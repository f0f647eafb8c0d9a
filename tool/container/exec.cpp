#include "container/exec.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/rootfs.hpp"
#include "container/child_process.hpp"
#include "container/root.hpp"
#include "run/sandbox.hpp"

namespace slipway {
namespace {

int require_pid(const Container& container) {
  const auto state = container.state();
  if (state.phase != ContainerState::Phase::running || state.pid == 0) {
    throw Error(Errc::input, fmt::format("run a command in container '{}': it does not run",
                                         container.spec().name))
        .with_hint(fmt::format("start it: slipway start {}", container.spec().name));
  }
  return state.pid;
}

Sandbox exec_sandbox(const Container& container, const ExecSettings& settings, const Store& store) {
  const auto& spec = container.spec();
  const auto root = open_container_root(container, store);
  Sandbox sandbox;
  sandbox.argv = settings.argv;
  sandbox.env = spec.env;
  sandbox.scratch = container.changes();
  sandbox.uid = spec.uid;
  sandbox.gid = spec.gid;
  sandbox.groups = spec.groups;
  if (!settings.user.empty()) {
    const auto users = users_of(root);
    const auto owner = find_owner(settings.user, users, LoneUser::own_group);
    sandbox.uid = owner.uid;
    sandbox.gid = owner.gid;
    sandbox.groups = groups_of(settings.user, users);
    set_env(sandbox.env, "HOME", home_of(owner, users));
  }
  for (const auto& setting : settings.env) {
    const auto equals = setting.find('=');
    set_env(sandbox.env, setting.substr(0, equals), setting.substr(equals + 1));
  }
  if (settings.terminal && !get_env(sandbox.env, "TERM")) set_env(sandbox.env, "TERM", "xterm");
  sandbox.working_dir = settings.working_dir.empty() ? spec.working_dir : settings.working_dir;
  sandbox.limits = spec.conditions.limits;
  if (spec.cgroup_limits.has_any()) sandbox.cgroup = spec.cgroup();
  sandbox.remembers_owners = root.rights == Rights::single_id;
  sandbox.may_gain_privileges = spec.may_gain_privileges;
  sandbox.capabilities = spec.capabilities;
  sandbox.all_capabilities = spec.is_privileged || settings.is_privileged;
  sandbox.filters_calls = spec.filters_calls;
  sandbox.terminal = settings.terminal;
  sandbox.input = settings.interactive ? Input::ours : Input::none;
  return sandbox;
}

}  // namespace

int exec_in(const Container& container, const ExecSettings& settings, const Store& store) {
  const int pid = require_pid(container);
  return run_inside(pid, exec_sandbox(container, settings, store)).status;
}

void exec_detached(const Container& container, const ExecSettings& settings, const Store& store) {
  const int pid = require_pid(container);
  leave_behind([&](const auto& started) {
    auto sandbox = exec_sandbox(container, settings, store);
    sandbox.input = Input::none;
    sandbox.output = [](std::string_view) {};
    sandbox.started = [&](const Started&) { started(); };
    (void)run_inside(pid, sandbox);
  });
}

}  // namespace slipway
