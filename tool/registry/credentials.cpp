#include "registry/credentials.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <optional>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {
namespace fs = std::filesystem;

/// Under which Docker keeps its own registry's.
constexpr std::string_view docker_hub_key = "https://index.docker.io/v1/";

std::vector<fs::path> auth_files() {
  if (const auto file = environment_variable("REGISTRY_AUTH_FILE")) return {*file};
  std::vector<fs::path> files;
  if (const auto docker = environment_variable("DOCKER_CONFIG"))
    files.push_back(fs::path(*docker) / "config.json");
  if (const auto run = environment_variable("XDG_RUNTIME_DIR")) {
    files.push_back(fs::path(*run) / "containers" / "auth.json");
  }
  if (const auto config = user_config_folder())
    files.push_back(*config / "containers" / "auth.json");
  if (const auto home = environment_variable("HOME"))
    files.push_back(fs::path(*home) / ".docker" / "config.json");
  return files;
}

/// "host/a/b", "host/a", "host".
std::vector<std::string> names_for(const std::string& registry, const std::string& repository) {
  std::vector<std::string> names;
  auto name = registry + '/' + repository;
  while (name.size() > registry.size()) {
    if (!name.ends_with('/')) names.push_back(name);
    name.resize(name.rfind('/'));
  }
  names.push_back(registry);
  return names;
}

std::string server_name(const std::string& registry) {
  return registry == "docker.io" ? std::string(docker_hub_key) : registry;
}

CommandResult ask_helper(const std::string& helper, const std::string& verb,
                         const std::string& question) {
  if (helper.find('/') != std::string::npos) {
    throw Error(Errc::input,
                fmt::format("run credential helper '{}': its name holds a '/'", printable(helper)));
  }
  return run_asked({.argv = {"docker-credential-" + helper, verb}}, question);
}

[[noreturn]] void refuse_helper(const std::string& helper, std::string_view verb, int status) {
  throw Error(
      Errc::environment,
      fmt::format("run credential helper 'docker-credential-{} {}': it exited with status {}",
                  helper, verb, status));
}

Credentials ask_credentials(const std::string& helper, const std::string& registry) {
  const auto result = ask_helper(helper, "get", server_name(registry));
  if (result.status == 0) {
    return with_context(
        [&] { return fmt::format("run credential helper 'docker-credential-{} get'", helper); },
        [&] { return parse_helper_answer(result.output); });
  }
  // That it knows none is told by this text alone (docker-credential-helpers).
  if (result.output.find("credentials not found") != std::string::npos) return {};
  refuse_helper(helper, "get", result.status);
}

std::optional<AuthConfig> read_config(const fs::path& file) {
  const auto text = read_file_if_exists(file);
  if (!text || trim(*text).empty()) return std::nullopt;
  return with_context([&] { return fmt::format("read '{}'", printable(file.native())); },
                      [&] { return parse_auth_config(*text); });
}

std::string helper_for(const AuthConfig& config, const std::string& registry) {
  for (const auto& [key, helper] : config.helpers) {
    if (registry_name(key) == registry) return helper;
  }
  return config.store;
}

Credentials credentials_in(const AuthConfig& config, const std::string& registry,
                           const std::string& repository) {
  if (const auto helper = helper_for(config, registry); !helper.empty()) {
    if (auto found = ask_credentials(helper, registry); !found.is_empty()) return found;
  }
  for (const auto& name : names_for(registry, repository)) {
    for (const auto& [key, credentials] : config.auths) {
      if (registry_name(key) == name && !credentials.is_empty()) return credentials;
    }
  }
  return {};
}

void change_file(const fs::path& file, const std::string& registry,
                 const Credentials& credentials) {
  if (!file.parent_path().empty()) make_directories(file.parent_path());
  const FileLock lock(file.native() + ".lock", FileLock::Mode::exclusive);
  auto text = read_file_if_exists(file).value_or("");
  // Under any other name that means the same it would be found still.
  for (const auto& [key, old] : parse_auth_config(text).auths) {
    if (registry_name(key) == registry) text = with_auth(text, key, {});
  }
  if (!credentials.is_empty()) text = with_auth(text, server_name(registry), credentials);
  TemporaryFile changed(file.parent_path().empty() ? fs::path(".") : file.parent_path(), 0600);
  write_all(changed.fd(), std::as_bytes(std::span(text)), file.native());
  std::move(changed).move_to(file);
}

}  // namespace

std::string registry_name(std::string_view server) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (server.starts_with(scheme)) server.remove_prefix(scheme.size());
  }
  while (server.ends_with('/')) server.remove_suffix(1);
  for (const std::string_view version : {"/v1", "/v2"}) {
    if (server.ends_with(version)) server.remove_suffix(version.size());
  }
  if (server == "index.docker.io" || server == "registry-1.docker.io") return "docker.io";
  return std::string(server);
}

Credentials find_credentials(const std::string& registry, const std::string& repository) {
  for (const auto& file : auth_files()) {
    const auto config = read_config(file);
    if (!config) continue;
    if (auto found = credentials_in(*config, registry, repository); !found.is_empty()) return found;
  }
  return {};
}

fs::path login_file() {
  if (const auto file = environment_variable("REGISTRY_AUTH_FILE")) return *file;
  if (const auto docker = environment_variable("DOCKER_CONFIG"))
    return fs::path(*docker) / "config.json";
  if (const auto home = environment_variable("HOME"))
    return fs::path(*home) / ".docker" / "config.json";
  throw Error(
      Errc::environment,
      "find the file for credentials: none of REGISTRY_AUTH_FILE, DOCKER_CONFIG and HOME is set");
}

std::string keep_credentials(const std::string& registry, const Credentials& credentials) {
  const auto file = login_file();
  const auto config = read_config(file).value_or(AuthConfig{});
  if (const auto helper = helper_for(config, registry); !helper.empty()) {
    const auto result =
        ask_helper(helper, "store", to_helper_request(server_name(registry), credentials));
    if (result.status != 0) refuse_helper(helper, "store", result.status);
    return "docker-credential-" + helper;
  }
  with_context([&] { return fmt::format("change '{}'", printable(file.native())); },
               [&] { change_file(file, registry, credentials); });
  return file.native();
}

bool forget_credentials(const std::string& registry) {
  const auto file = login_file();
  const auto config = read_config(file);
  if (!config) return false;
  if (const auto helper = helper_for(*config, registry); !helper.empty()) {
    if (ask_credentials(helper, registry).is_empty()) return false;
    const auto result = ask_helper(helper, "erase", server_name(registry));
    if (result.status != 0) refuse_helper(helper, "erase", result.status);
    return true;
  }
  bool is_there = false;
  for (const auto& [key, credentials] : config->auths)
    is_there = is_there || registry_name(key) == registry;
  if (is_there) change_file(file, registry, {});
  return is_there;
}

}  // namespace slipway
