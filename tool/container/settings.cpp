#include "container/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "base/error.hpp"
#include "base/size.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void set_default(std::vector<std::string>& env, std::string_view key, std::string_view value) {
  if (!get_env(env, key)) set_env(env, key, value);
}

void apply_setting(std::vector<std::string>& env, const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals != std::string::npos) {
    set_env(env, setting.substr(0, equals), setting.substr(equals + 1));
  } else if (const char* own = std::getenv(setting.c_str())) {
    set_env(env, setting, own);
  }
}

/// Docker's.
constexpr std::uint64_t least_memory = std::uint64_t{6} * 1024 * 1024;
constexpr std::uint64_t all_there_is = std::uint64_t{1} << 62;

[[noreturn]] void refuse_limit(std::string_view flag, const std::string& text,
                               std::string_view why) {
  throw Error(Errc::usage, fmt::format("{} '{}' {}", flag, printable(text), why));
}

std::uint64_t parse_memory(std::string_view flag, const std::string& text) {
  const auto size = parse_size(text);
  if (!size || *size <= 0) refuse_limit(flag, text, "is no size such as 64m or 1g");
  if (static_cast<std::uint64_t>(*size) < least_memory)
    refuse_limit(flag, text, "is too little: 6m is the least");
  return static_cast<std::uint64_t>(*size);
}

std::uint64_t parse_processors(const std::string& text) {
  constexpr double nano = 1e9;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  const auto most = std::max(1U, std::thread::hardware_concurrency());
  if (!is_number || number <= 0) refuse_limit("--cpus", text, "is no number of processors");
  if (number > most)
    refuse_limit("--cpus", text, fmt::format("is too much: this machine has {}", most));
  return static_cast<std::uint64_t>(number * nano);
}

}  // namespace

std::vector<std::string> container_argv(const ContainerConfig& config,
                                        const RunSettings& settings) {
  std::vector<std::string> argv;
  if (!settings.entrypoint) {
    argv = config.entrypoint.value_or(std::vector<std::string>());
  } else if (!settings.entrypoint->empty()) {
    argv = {*settings.entrypoint};
  }
  std::vector<std::string> command = settings.command;
  if (command.empty() && !settings.entrypoint && config.cmd) command = *config.cmd;
  argv.insert(argv.end(), command.begin(), command.end());
  if (argv.empty()) {
    throw Error(Errc::input, "the image names no command")
        .with_hint("name one after the image: slipway run IMAGE COMMAND...");
  }
  return argv;
}

std::vector<std::string> container_env(const ContainerConfig& config, const RunSettings& settings,
                                       std::string_view home, std::string_view hostname) {
  std::vector<std::string> env = config.env;
  for (const std::string& setting : settings.env) apply_setting(env, setting);
  set_default(env, "PATH", default_path);
  set_default(env, "HOSTNAME", hostname);
  set_default(env, "HOME", home);
  return env;
}

void set_image_config(ContainerConfig& config, const RunSettings& settings,
                      const ContainerSpec& spec) {
  for (const std::string& setting : settings.env) apply_setting(config.env, setting);
  set_default(config.env, "PATH", default_path);
  if (settings.entrypoint) {
    config.entrypoint.reset();
    if (!settings.entrypoint->empty()) config.entrypoint = {*settings.entrypoint};
    config.cmd.reset();
  }
  if (!settings.command.empty()) config.cmd = settings.command;
  config.user = spec.user;
  config.labels = spec.labels;
  config.stop_signal = spec.stop_signal;
  if (!settings.working_dir.empty()) config.working_dir = spec.working_dir;
}

CgroupLimits parse_cgroup_limits(const std::string& memory, const std::string& memory_swap,
                                 const std::string& cpus, const std::string& processes) {
  CgroupLimits limits;
  if (!memory.empty()) limits.memory = parse_memory("--memory", memory);
  if (!memory_swap.empty()) {
    if (limits.memory == 0) refuse_limit("--memory-swap", memory_swap, "needs --memory beside it");
    limits.swap = memory_swap == "-1" ? all_there_is : parse_memory("--memory-swap", memory_swap);
    if (limits.swap < limits.memory)
      refuse_limit("--memory-swap", memory_swap, "is less than --memory");
  }
  if (!cpus.empty()) limits.cpu_nano = parse_processors(cpus);
  if (!processes.empty()) {
    const auto number = parse_integer(processes);
    if (!number) refuse_limit("--pids-limit", processes, "is no number");
    limits.processes = *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
  }
  return limits;
}

void require_absolute(const std::string& working_dir) {
  if (working_dir.starts_with('/')) return;
  throw Error(Errc::usage,
              fmt::format("--workdir '{}' is no absolute path", printable(working_dir)));
}

std::vector<std::string> parse_env_file(std::string_view text, std::string_view path) {
  std::vector<std::string> settings;
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    const std::string_view setting = trim(line);
    if (setting.empty() || setting.front() == '#') continue;
    const std::string_view key = setting.substr(0, setting.find('='));
    if (key.empty() || key.find_first_of(" \t") != std::string_view::npos) {
      throw Error(Errc::input, fmt::format("{}:{}: '{}' is no name of a variable", path, number,
                                           printable(key)));
    }
    settings.emplace_back(setting);
  }
  return settings;
}

}  // namespace slipway
