#include "container/settings.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.hpp"
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
