#include "plan/stage_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/credentials.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/duration.hpp"
#include "dockerfile/heredoc.hpp"
#include "plan/go_format.hpp"
#include "plan/metadata.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

constexpr std::string_view history_comment = "buildkit.dockerfile.v0";

/// What BuildKit gives an image that sets none.
constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<std::string> default_shell(bool is_windows) {
  return is_windows ? std::vector<std::string>{"cmd", "/S", "/C"}
                    : std::vector<std::string>{"/bin/sh", "-c"};
}

std::string key_value(const std::string& key, const std::string& value) {
  return fmt::format(" {}={}", key, value);
}

}  // namespace

bool is_proxy_argument(std::string_view name) {
  constexpr std::string_view names[] = {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
                                        "all_proxy"};
  return name == to_lower(name) ? std::ranges::find(names, name) != std::end(names)
                                : name == to_upper(name) && is_proxy_argument(to_lower(name));
}

std::string absolute_path(std::string_view directory, std::string_view path) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view text) {
    for (auto& part : split(text, '/')) {
      if (part == ".." && !parts.empty()) parts.pop_back();
      if (part.empty() || part == "." || part == "..") continue;
      parts.push_back(std::move(part));
    }
  };
  if (!path.starts_with('/')) add(directory);
  add(path);
  std::string out;
  for (const auto& part : parts) out += '/' + part;
  return out.empty() ? "/" : out;
}

/// One overload an instruction; keeps apply() a single visit.
class StageState::Applier {
 public:
  Applier(StageState& state, Diagnostics& diagnostics, Span span)
      : state_(state), config_(state.config_), diagnostics_(diagnostics), span_(span) {}

  void operator()(const df::From&) {
    state_.scope_.has_cmd = false;
    config_.onbuild.clear();  // the parent's triggers are for the stage on it alone
    // ARGs of the stage beneath are still in force, but its ENV is set anew.
    std::erase_if(state_.scope_.args,
                  [this](const auto& arg) { return get_env(config_.env, arg.first).has_value(); });
  }

  void operator()(const df::Arg& arg) {
    std::string text = "ARG";
    for (const auto& definition : arg.definitions) {
      const auto name = state_.expand({definition.name, definition.span}, diagnostics_);
      const auto value = argument_value(name, definition.value);
      if (value) state_.scope_.args[name] = *value;
      if (std::ranges::find(state_.scope_.declared, name) == state_.scope_.declared.end())
        state_.scope_.declared.push_back(name);
      text += value ? key_value(name, *value) : ' ' + name;
    }
    state_.record(text, false);
  }

  void operator()(const df::Env& env) {
    // All values see the environment as it was before the instruction.
    const auto pairs = expand_pairs(env.pairs);
    std::string text = "ENV";
    for (const auto& [key, value] : pairs) {
      set_env(config_.env, key, value);
      state_.scope_.args.erase(key);
      text += key_value(key, value);
    }
    state_.record(text, false);
  }

  void operator()(const df::Label& label) {
    std::string text = "LABEL";
    for (const auto& [key, value] : expand_pairs(label.pairs)) {
      config_.labels[key] = value;
      text += key_value(key, value);
    }
    state_.record(text, false);
  }

  void operator()(const df::Maintainer& maintainer) {
    state_.author_ = maintainer.name;
    state_.record("MAINTAINER " + maintainer.name, false);
  }

  void operator()(const df::Run& run) {
    std::string text = "RUN";
    const auto& declared = state_.scope_.declared;
    if (!declared.empty()) text += fmt::format(" |{}", declared.size());
    for (const auto& name : declared) text += key_value(name, state_.lookup(name).value_or(""));
    for (const auto& argument : state_.expand_run(run).arguments) text += ' ' + argument;
    state_.record(text + " # buildkit", true);
  }

  void operator()(const df::Copy& copy) {
    const auto words = state_.expand_copy(copy, diagnostics_);
    std::string text = copy.add ? "ADD" : "COPY";
    if (copy.parents) text += " --parents";
    if (words.chown) text += " --chown=" + *words.chown;
    if (words.chmod) text += " --chmod=" + *words.chmod;
    for (const auto& source : words.sources) text += ' ' + source;
    for (const auto& heredoc : copy.files) text += " <<" + heredoc.name;
    text += ' ' + words.destination_text;
    state_.record(text + " # buildkit", true);
  }

  void operator()(const df::Workdir& workdir) {
    config_.working_dir = state_.expand_workdir(workdir, diagnostics_);
    state_.record("WORKDIR " + config_.working_dir, config_.working_dir != "/");
  }

  void operator()(const df::User& user) {
    config_.user = state_.expand(user.user, diagnostics_);
    state_.record("USER " + config_.user, false);
  }

  void operator()(const df::Expose& expose) {
    std::set<std::string> ports;
    for (const auto& word : expose.ports) {
      for (const auto& text : expand_list(word)) {
        if (const auto error = parse_ports(text, ports)) diagnostics_.error(word.span, *error);
      }
    }
    config_.exposed_ports.insert(ports.begin(), ports.end());
    state_.record("EXPOSE " + go_list(std::vector<std::string>(ports.begin(), ports.end())), false);
  }

  void operator()(const df::Volume& volume) {
    const auto paths = state_.expand_all(volume.paths, diagnostics_);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (paths[i].empty()) diagnostics_.error(volume.paths[i].span, "VOLUME has an empty path");
      config_.volumes.insert(paths[i]);
    }
    state_.record("VOLUME " + go_list(paths), false);
  }

  void operator()(const df::StopSignal& stop) {
    config_.stop_signal = state_.expand(stop.signal, diagnostics_);
    if (!is_signal(config_.stop_signal)) {
      diagnostics_.error(stop.signal.span,
                         fmt::format("unknown signal '{}'", printable(config_.stop_signal)),
                         "a name such as SIGTERM or a number from 1 to 64");
    }
    state_.record("STOPSIGNAL " + config_.stop_signal, false);
  }

  void operator()(const df::Cmd& cmd) {
    state_.scope_.has_cmd = true;
    auto words = state_.with_shell(cmd.command);
    config_.args_escaped = true;
    state_.record("CMD " + go_quote_list(words), false);
    set_command(config_.cmd, std::move(words));
  }

  void operator()(const df::Entrypoint& entrypoint) {
    auto words = state_.with_shell(entrypoint.command);
    if (!state_.scope_.has_cmd) config_.cmd.reset();
    state_.record("ENTRYPOINT " + go_quote_list(words), false);
    set_command(config_.entrypoint, std::move(words));
  }

  void operator()(const df::HealthcheckNone&) {
    config_.healthcheck = Healthcheck{{"NONE"}, 0, 0, 0, 0, 0};
    record_healthcheck();
  }

  void operator()(const df::HealthcheckCommand& check) {
    Healthcheck result;
    result.test = {check.command.exec_form ? "CMD" : "CMD-SHELL"};
    result.test.insert(result.test.end(), check.command.arguments.begin(),
                       check.command.arguments.end());
    result.interval = duration("interval", check.interval);
    result.timeout = duration("timeout", check.timeout);
    result.start_period = duration("start-period", check.start_period);
    result.start_interval = duration("start-interval", check.start_interval);
    result.retries = check.retries;
    config_.healthcheck = std::move(result);
    record_healthcheck();
  }

  void operator()(const df::Shell& shell) {
    config_.shell = shell.arguments;
    state_.record("SHELL " + go_list(config_.shell), false);
  }

  void operator()(const df::Onbuild& onbuild) { config_.onbuild.push_back(onbuild.expression); }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  Pairs expand_pairs(const std::vector<df::KeyValue>& pairs) {
    Pairs result;
    for (const auto& pair : pairs) {
      result.emplace_back(state_.expand(pair.key, diagnostics_),
                          state_.expand(pair.value, diagnostics_));
    }
    return result;
  }

  std::vector<std::string> expand_list(const df::Word& word) {
    const auto lookup = [this](std::string_view name) { return state_.lookup(name); };
    auto expansion = df::expand_words(word.text, lookup, state_.escape_);
    if (expansion.error) diagnostics_.error(word.span, *expansion.error);
    return std::move(expansion.words);
  }

  /// --build-arg first, then the default, then the global ARG of that name.
  std::optional<std::string> argument_value(const std::string& name,
                                            const std::optional<df::Word>& fallback) {
    const auto& values = state_.arguments_;
    if (const auto it = values.build.find(name); it != values.build.end()) return it->second;
    if (fallback) return state_.expand(*fallback, diagnostics_);
    if (const auto it = values.global.find(name); it != values.global.end()) return it->second;
    return std::nullopt;
  }

  /// "[]" takes away what the base has; BuildKit's config then has no such field.
  static void set_command(std::optional<std::vector<std::string>>& field,
                          std::vector<std::string> words) {
    field.reset();
    if (!words.empty()) field = std::move(words);
  }

  std::int64_t duration(std::string_view flag, const std::string& text) {
    if (text.empty()) return 0;
    const auto value = df::parse_go_duration(text);
    if (!value || *value < 0) {
      diagnostics_.error(
          span_, fmt::format("--{} of HEALTHCHECK is not a duration: '{}'", flag, printable(text)),
          "for example 30s or 1m30s");
      return 0;
    }
    return *value;
  }

  void record_healthcheck() {
    const auto& check = *config_.healthcheck;
    state_.record(
        fmt::format(
            "HEALTHCHECK {{Test:{} Interval:{} Timeout:{} StartPeriod:{} StartInterval:{} Retries:{}}}",
            go_list(check.test), go_duration(check.interval), go_duration(check.timeout),
            go_duration(check.start_period), go_duration(check.start_interval), check.retries),
        false);
  }

  StageState& state_;
  ContainerConfig& config_;
  Diagnostics& diagnostics_;
  Span span_;
};

StageState::StageState(ContainerConfig base, ArgumentValues arguments, char escape,
                       std::string created, std::string_view os, StageScope scope)
    : config_(std::move(base)),
      arguments_(std::move(arguments)),
      escape_(escape),
      created_(std::move(created)),
      is_windows_(os == "windows"),
      scope_(std::move(scope)) {
  if (!is_windows_ && !get_env(config_.env, "PATH")) set_env(config_.env, "PATH", default_path);
}

void StageState::apply(const df::Instruction& instruction, Diagnostics& diagnostics) {
  std::visit(Applier(*this, diagnostics, instruction.span), instruction.body);
}

CopyWords StageState::expand_copy(const df::Copy& copy, Diagnostics& diagnostics) const {
  CopyWords words;
  words.sources = expand_all(copy.sources, diagnostics);
  words.excludes = expand_all(copy.excludes, diagnostics);
  if (copy.chown) words.chown = expand(*copy.chown, diagnostics);
  if (copy.chmod) words.chmod = expand(*copy.chmod, diagnostics);
  if (copy.checksum) words.checksum = expand(*copy.checksum, diagnostics);
  for (const auto& heredoc : copy.files) {
    words.heredocs.push_back(heredoc.expand ? expand_text(heredoc, diagnostics) : heredoc.content);
  }
  words.destination_text = expand(copy.destination, diagnostics);
  const std::string_view destination = words.destination_text;
  words.destination = absolute_path(config_.working_dir, destination);
  const bool directory = destination.empty() || destination == "." || destination.ends_with('/') ||
                         destination.ends_with("/.");
  if (directory && words.destination != "/") words.destination += '/';
  return words;
}

RunWords StageState::expand_run(const df::Run& run) const {
  RunWords words;
  if (run.heredocs.empty() || run.command.exec_form) {
    words.arguments = with_shell(run.command);
    return words;
  }
  const auto& written = run.command.arguments.front();
  const auto& first = run.heredocs.front();
  const bool stands_alone = df::heredoc_of_word(written).has_value();
  if (stands_alone && first.content.starts_with("#!")) {
    words.script_name = first.name;
    words.script = first.content;
    words.arguments = with_shell({false, {fmt::format("{}/{}", script_directory, first.name)}});
    return words;
  }
  // Alone it is the shell's whole script, so that shells without heredocs can
  // run it; beside a command the shell reads it itself.
  auto script = stands_alone ? first.content : written;
  if (!stands_alone) {
    for (const auto& heredoc : run.heredocs) script += '\n' + heredoc.content + heredoc.name;
  }
  words.arguments = with_shell({false, {std::move(script)}});
  return words;
}

std::vector<RunVariable> StageState::run_environment() const {
  std::vector<RunVariable> result;
  std::set<std::string_view> known;
  const auto add = [&](std::string_view name, const std::string& value, bool in_key) {
    if (known.insert(name).second) result.push_back({std::string(name), value, in_key});
  };
  // ARGs first: those that are left came after the ENV of their name.
  for (const auto& [name, value] : scope_.args) add(name, value, true);
  for (const auto& line : config_.env) {
    const auto equals = std::min(line.find('='), line.size());
    add(std::string_view(line).substr(0, equals), line.substr(std::min(equals + 1, line.size())),
        true);
  }
  // Programs disagree on which case of a proxy's name they read.
  std::map<std::string, std::string> proxies;
  for (const auto& [name, value] : arguments_.build) {
    if (!is_proxy_argument(name)) continue;
    proxies[to_upper(name)] = value;
    proxies[to_lower(name)] = value;
  }
  for (const auto& [name, value] : proxies) add(name, value, false);
  return result;
}

std::string StageState::expand_field(std::string_view text) const {
  auto expansion = df::expand_word(
      text, [this](std::string_view name) { return lookup(name); }, escape_);
  if (expansion.error) throw Error(Errc::input, *expansion.error);
  return std::move(expansion.text);
}

std::string StageState::expand_workdir(const df::Workdir& workdir, Diagnostics& diagnostics) const {
  const auto path = expand(workdir.path, diagnostics);
  if (path.empty()) diagnostics.error(workdir.path.span, "WORKDIR has an empty path");
  return absolute_path(config_.working_dir, path);
}

std::vector<std::string> StageState::expand_volumes(const df::Volume& volume,
                                                    Diagnostics& diagnostics) const {
  auto paths = expand_all(volume.paths, diagnostics);
  for (auto& path : paths) path = absolute_path(config_.working_dir, path);
  return paths;
}

std::optional<std::string> StageState::lookup(std::string_view name) const {
  if (const auto it = scope_.args.find(name); it != scope_.args.end()) return it->second;
  if (const auto value = get_env(config_.env, name)) return std::string(*value);
  return std::nullopt;
}

std::string StageState::expand(const df::Word& word, Diagnostics& diagnostics) const {
  auto expansion = df::expand_word(
      word.text, [this](std::string_view name) { return lookup(name); }, escape_);
  if (expansion.error) diagnostics.error(word.span, *expansion.error);
  return std::move(expansion.text);
}

std::string StageState::expand_text(const df::Heredoc& heredoc, Diagnostics& diagnostics) const {
  auto expansion =
      df::expand_heredoc(heredoc.content, [this](std::string_view name) { return lookup(name); });
  if (expansion.error) diagnostics.error(heredoc.span, *expansion.error);
  return std::move(expansion.text);
}

std::vector<std::string> StageState::expand_all(const std::vector<df::Word>& words,
                                                Diagnostics& diagnostics) const {
  std::vector<std::string> result;
  for (const auto& word : words) result.push_back(expand(word, diagnostics));
  return result;
}

std::vector<std::string> StageState::with_shell(const df::CommandLine& command) const {
  if (command.exec_form) return command.arguments;
  auto result = config_.shell.empty() ? default_shell(is_windows_) : config_.shell;
  result.insert(result.end(), command.arguments.begin(), command.arguments.end());
  return result;
}

void StageState::record(std::string_view created_by, bool has_layer) {
  history_.push_back(
      {created_, without_credentials(created_by), {}, std::string(history_comment), !has_layer});
}

}  // namespace slipway
