#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/listing.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "container/container.hpp"
#include "container/exec.hpp"
#include "container/lifecycle.hpp"
#include "container/log.hpp"
#include "container/settings.hpp"
#include "container/signals.hpp"
#include "container/volumes.hpp"
#include "oci/reference.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

using Phase = ContainerState::Phase;

constexpr std::size_t command_width = 20;

/// "Up 3 minutes", "Exited (0) 2 hours ago", "Created", as Docker has them.
std::string status_text(const ContainerState& state) {
  if (state.phase == Phase::created) return "Created";
  if (state.phase == Phase::exited)
    return fmt::format("Exited ({}) {}", state.exit_code, age(state.finished, now()));
  std::string since = age(state.started, now());
  if (since.ends_with(" ago")) since.erase(since.size() - 4);
  return "Up " + since;
}

std::string command_text(const ContainerSpec& spec, bool no_trunc) {
  const auto text = fmt::format("{}", fmt::join(spec.argv, " "));
  return '"' + (no_trunc ? text : shortened(text, command_width)) + '"';
}

std::string mounts_text(const ContainerSpec& spec, const Store& store) {
  std::vector<std::string> sources;
  for (const auto& mount : spec.mounts) {
    if (!mount.source.empty())
      sources.push_back(volume_of(mount, store).value_or(mount.source.native()));
  }
  return fmt::format("{}", fmt::join(sources, ","));
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : labels) texts.push_back(key + '=' + value);
  return fmt::format("{}", fmt::join(texts, ","));
}

struct PsCommand {
  ListingFlags flags = {};
  std::vector<std::string> filters = {};
  std::string last = {};
  bool all = false;
  bool no_trunc = false;
  bool latest = false;

  void run() const {
    const Store store = open_store();
    const Filters wanted("ps", filters,
                         {"id", "name", "status", "label", "label!", "ancestor", "exited"});
    const bool shows_all = all || latest || !last.empty() || !wanted.of("status").empty() ||
                           !wanted.of("exited").empty();
    Listing listing{
        .heads = {{"ID", "CONTAINER ID"},
                  {"Image", "IMAGE"},
                  {"Command", "COMMAND"},
                  {"CreatedAt", "CREATED AT"},
                  {"RunningFor", "CREATED"},
                  {"State", "STATE"},
                  {"Status", "STATUS"},
                  {"Ports", "PORTS"},
                  {"Names", "NAMES"},
                  {"Labels", "LABELS"},
                  {"Mounts", "MOUNTS"},
                  {"Networks", "NETWORKS"}},
        .columns = {"ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"}};
    std::size_t most = latest ? 1 : static_cast<std::size_t>(-1);
    if (!last.empty()) most = static_cast<std::size_t>(parse_integer(last).value_or(-1));
    for (const auto& container : all_containers(store)) {
      const auto state = container.state();
      if (!shows_all && state.phase != Phase::running) continue;
      if (listing.rows.size() == most) break;
      if (is_wanted(container, state, wanted))
        listing.rows.push_back(fields(container.spec(), state, store));
    }
    fmt::print("{}", flags.render(listing));
  }

  static bool is_wanted(const Container& container, const ContainerState& state,
                        const Filters& wanted) {
    const auto& spec = container.spec();
    const auto contains = [&](const char* name, const std::string& text) {
      const auto values = wanted.of(name);
      return values.empty() || std::ranges::any_of(values, [&](const std::string& value) {
               return text.find(value) != std::string::npos;
             });
    };
    const bool ended_so =
        wanted.of("exited").empty() ||
        (state.phase == Phase::exited && wanted.accepts("exited", std::to_string(state.exit_code)));
    return contains("name", spec.name) && contains("id", spec.id) &&
           contains("ancestor", spec.image_name) && ended_so &&
           wanted.accepts("status", phase_name(state.phase)) && wanted.accepts_labels(spec.labels);
  }

  Listing::Fields fields(const ContainerSpec& spec, const ContainerState& state,
                         const Store& store) const {
    return {{"ID", no_trunc ? spec.id : spec.short_id()},
            {"Image", spec.image_name},
            {"Command", command_text(spec, no_trunc)},
            {"CreatedAt", date_and_time(spec.created)},
            {"RunningFor", age(spec.created, now())},
            {"State", phase_name(state.phase)},
            {"Status", status_text(state)},
            {"Ports", fmt::format("{}", fmt::join(spec.ports, ", "))},
            {"Names", spec.name},
            {"Labels", labels_text(spec.labels)},
            {"Mounts", mounts_text(spec, store)},
            {"Networks", spec.network == Network::none ? "none" : "host"}};
  }
};

void add_ps(Command& program) {
  auto ps = std::make_shared<PsCommand>();
  auto list = program.add("ps", "List containers");
  list.flag("-a,--all", ps->all, "Also those that do not run");
  list.flag("--no-trunc", ps->no_trunc, "Whole ids and commands");
  list.flag("-l,--latest", ps->latest, "The newest one");
  list.option("-n,--last", ps->last, "So many of the newest", {"COUNT"});
  list.repeatable("-f,--filter", ps->filters,
                  "name=, id=, status=, label=, ancestor= or exited=", {"NAME=VALUE"});
  ps->flags.add_to(list, "Ids only");
  list.action([ps] { ps->run(); });
}

struct StartCommand {
  std::vector<std::string> names = {};
  bool attaches = false;
  bool interactive = false;

  int run() const {
    const Store store = open_store();
    if (!attaches && !interactive) {
      return for_each_reported(names, [&](const std::string& name) {
        const auto container = find_container(name, store);
        if (!container.is_running()) start_detached(container, store);
        fmt::print("{}\n", name);
      });
    }
    if (names.size() != 1) throw Error(Errc::usage, "start: only one container can be attached to");
    const auto container = find_container(names.front(), store);
    require_terminal(container.spec().terminal, interactive);
    return docker_status([&] { return run_attached(container, {.input = interactive}, store); });
  }
};

void add_start(Command& program, Session& session) {
  auto start = std::make_shared<StartCommand>();
  auto command = program.add("start", "Start containers that do not run");
  command.list("container", start->names, "Names or ids", {"", Need::required});
  command.flag("-a,--attach", start->attaches, "Show what it prints, give its exit status");
  command.flag("-i,--interactive", start->interactive, "Our standard input is the container's");
  command.action([start, &session] { session.status = start->run(); });
}

/// A command that does something to each of the containers that it names.
struct EachContainer {
  std::vector<std::string> names = {};
  std::string value = {};
  bool force = false;
  bool volumes = false;

  int run(const std::function<void(const std::string& name, const Container&, const Store&)>& body)
      const {
    const Store store = open_store();
    return for_each_reported(
        names, [&](const std::string& name) { body(name, find_container(name, store), store); });
  }
};

std::int64_t seconds_of(const std::string& text, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  const auto seconds = parse_integer(text);
  if (!seconds)
    throw Error(Errc::usage, fmt::format("--time '{}' is no number of seconds", printable(text)));
  return *seconds;
}

void add_stop(Command& program, Session& session) {
  auto stop = std::make_shared<EachContainer>();
  auto command = program.add("stop", "Stop containers: their stop signal, then SIGKILL");
  command.list("container", stop->names, "Names or ids", {"", Need::required});
  command.option("-t,--time", stop->value, "Seconds until SIGKILL [10]; -1: never", {"SECONDS"});
  command.action([stop, &session] {
    session.status =
        stop->run([&](const std::string& name, const Container& container, const Store&) {
          stop_container(container, seconds_of(stop->value, container.spec().stop_timeout));
          fmt::print("{}\n", name);
        });
  });

  auto restart = std::make_shared<EachContainer>();
  auto again = program.add("restart", "Stop containers and start them");
  again.list("container", restart->names, "Names or ids", {"", Need::required});
  again.option("-t,--time", restart->value, "Seconds until SIGKILL [10]; -1: never", {"SECONDS"});
  again.action([restart, &session] {
    session.status =
        restart->run([&](const std::string& name, const Container& container, const Store& store) {
          restart_container(container, seconds_of(restart->value, container.spec().stop_timeout),
                            store);
          fmt::print("{}\n", name);
        });
  });

  auto kill = std::make_shared<EachContainer>();
  auto signal = program.add("kill", "Send a signal to containers");
  signal.list("container", kill->names, "Names or ids", {"", Need::required});
  signal.option("-s,--signal", kill->value, "Which [SIGKILL]", {"SIGNAL"});
  signal.action([kill, &session] {
    session.status =
        kill->run([&](const std::string& name, const Container& container, const Store&) {
          signal_container(container, parse_signal(kill->value.empty() ? "KILL" : kill->value));
          fmt::print("{}\n", name);
        });
  });

  auto wait = std::make_shared<EachContainer>();
  auto ended = program.add("wait", "Wait until containers have ended, print their exit statuses");
  ended.list("container", wait->names, "Names or ids", {"", Need::required});
  ended.action([wait, &session] {
    session.status = wait->run([](const std::string&, const Container& container, const Store&) {
      fmt::print("{}\n", wait_for(container));
    });
  });
}

void remove_one(const Container& container, const Store& store, bool force,
                RemovedVolumes volumes) {
  if (force) kill_container(container);
  remove_container(container, store, volumes);
}

void add_rm(Command& program, Session& session) {
  auto rm = std::make_shared<EachContainer>();
  auto command = program.add("rm", "Remove containers");
  command.list("container", rm->names, "Names or ids", {"", Need::required});
  command.flag("-f,--force", rm->force, "Running ones too");
  command.flag("-v,--volumes", rm->volumes, "Their volumes without a name, too");
  command.action([rm, &session] {
    const Store store = open_store();
    session.status = for_each_reported(rm->names, [&](const std::string& name) {
      remove_one(find_container(name, store), store, rm->force,
                 rm->volumes ? RemovedVolumes::unnamed : RemovedVolumes::none);
      fmt::print("{}\n", name);
    });
  });
}

struct ExecCommand {
  ExecSettings settings = {};
  std::vector<std::string> env = {};
  bool is_detached = false;

  int run(std::vector<std::string> words) {
    if (words.size() < 2) {
      throw Error(Errc::usage, "exec: a container and a command are needed")
          .with_hint("see 'slipway exec --help'");
    }
    if (!settings.working_dir.empty()) require_absolute(settings.working_dir);
    if (!is_detached) require_terminal(settings.terminal, settings.interactive);
    const Store store = open_store();
    settings.argv.assign(words.begin() + 1, words.end());
    for (const auto& setting : env) add_variable(setting);
    const auto container = find_container(words.front(), store);
    if (!is_detached) return exec_in(container, settings, store);
    exec_detached(container, settings, store);
    return 0;
  }

  /// A bare name takes our own value, if there is one.
  void add_variable(const std::string& setting) {
    if (setting.find('=') != std::string::npos) {
      settings.env.push_back(setting);
    } else if (const char* own = std::getenv(setting.c_str())) {
      settings.env.push_back(setting + '=' + own);
    }
  }
};

void add_exec(Command& program, Session& session) {
  auto exec = std::make_shared<ExecCommand>();
  auto command = program.add(
      "exec", "Run a command in a running container: exec [OPTIONS] CONTAINER COMMAND...");
  command.flag("-d,--detach", exec->is_detached, "Leave it running");
  command.flag("-i,--interactive", exec->settings.interactive,
               "Our standard input is the command's");
  command.flag("-t,--tty", exec->settings.terminal, "The command gets a terminal");
  command.repeatable("-e,--env", exec->env, "A variable; without a value, our own", {"K[=V]"});
  command.option("-u,--user", exec->settings.user, "User or id, and group", {"USER[:GROUP]"});
  command.option("-w,--workdir", exec->settings.working_dir, "Working directory", {"DIR"});
  command.flag("--privileged", exec->settings.is_privileged, "All capabilities, all system calls");
  command.pass_rest();
  command.action([exec, command, &session] {
    session.status = docker_status([&] { return exec->run(command.rest()); });
  });
}

struct LogsCommand {
  std::string name = {};
  std::string tail = {};
  std::string since = {};
  std::string until = {};
  bool follows = false;
  bool timestamps = false;

  void run() const {
    const Store store = open_store();
    const auto container = find_container(name, store);
    LogSelection selection{.follows = follows};
    if (!tail.empty() && tail != "all") {
      const auto count = parse_integer(tail);
      if (!count || *count < 0)
        throw Error(Errc::usage, fmt::format("--tail '{}' is no number of lines", printable(tail)));
      selection.tail = static_cast<std::uint64_t>(*count);
    }
    if (!since.empty()) selection.since = parse_moment("--since", since);
    if (!until.empty()) selection.until = parse_moment("--until", until);
    const auto print = [this](const LogLine& line) {
      auto* stream = line.is_error ? stderr : stdout;
      fmt::print(stream, "{}{}", timestamps ? line.time + ' ' : "", line.text);
      std::fflush(stream);
    };
    read_log(container.log(), selection, print,
             [&] { return !lstat_file(container.folder()) || !container.is_running(); });
  }
};

void add_logs(Command& program) {
  auto logs = std::make_shared<LogsCommand>();
  auto command = program.add("logs", "Show what a container has printed");
  command.option("container", logs->name, "Name or id", {"", Need::required});
  command.flag("-f,--follow", logs->follows, "And what it prints, until it ends");
  command.option("-n,--tail", logs->tail, "Only so many of the last lines", {"COUNT"});
  command.flag("-t,--timestamps", logs->timestamps, "When each line was printed");
  command.option("--since", logs->since, "Only lines after that time, or so long ago (10m)",
                 {"TIME"});
  command.option("--until", logs->until, "Only lines before", {"TIME"});
  command.action([logs] { logs->run(); });
}

}  // namespace

void add_container_commands(Command& program, Session& session) {
  add_ps(program);
  add_start(program, session);
  add_stop(program, session);
  add_exec(program, session);
  add_logs(program);
  add_rm(program, session);
}

}  // namespace slipway::cli
