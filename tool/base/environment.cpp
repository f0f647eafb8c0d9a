#include "base/environment.hpp"

#include <cstdlib>

namespace slipway {

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::optional<std::filesystem::path> user_config_folder() {
  if (const auto config = environment_variable("XDG_CONFIG_HOME")) return *config;
  if (const auto home = environment_variable("HOME"))
    return std::filesystem::path(*home) / ".config";
  return std::nullopt;
}

}  // namespace slipway
