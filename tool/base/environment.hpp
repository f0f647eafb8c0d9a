#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace slipway {

/// A variable of our environment; nullopt where it is not set, or empty.
std::optional<std::string> environment_variable(const char* name);

/// Where the user keeps configurations: $XDG_CONFIG_HOME, else ~/.config (XDG Base
/// Directory Specification). nullopt: nobody says.
std::optional<std::filesystem::path> user_config_folder();

}  // namespace slipway
