#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "container/spec.hpp"
#include "oci/image.hpp"

namespace slipway {

/// What a command line sets over the image's configuration.
struct RunSettings {
  std::optional<std::string> entrypoint = {};  ///< empty: none
  std::vector<std::string> command = {};       ///< empty: the image's
  std::vector<std::string> env = {};           ///< "K=v" or "K", in order
  std::string working_dir = {};                ///< empty: the image's
};

/// The words to execute, as Docker joins them: the image's entrypoint and
/// command, a new command replacing the latter, a new entrypoint both. Throws
/// Errc::input where that gives none.
std::vector<std::string> container_argv(const ContainerConfig& config, const RunSettings& settings);

/// The image's environment with the settings' over it: a bare "K" takes our
/// own value, if there is one. PATH, HOME and HOSTNAME have Docker's defaults.
std::vector<std::string> container_env(const ContainerConfig& config, const RunSettings& settings,
                                       std::string_view home, std::string_view hostname);

/// What an image of a container with these settings says of them: its variables,
/// command, user, folder, labels and stop signal.
void set_image_config(ContainerConfig& config, const RunSettings& settings,
                      const ContainerSpec& spec);

/// The values of --memory, --memory-swap, --cpus and --pids-limit, as Docker reads
/// them; empty: not given. Throws Errc::usage.
CgroupLimits parse_cgroup_limits(const std::string& memory, const std::string& memory_swap,
                                 const std::string& cpus, const std::string& processes);

/// Of a working directory that a command line names. Throws Errc::usage.
void require_absolute(const std::string& working_dir);

/// The lines of an --env-file: "K=v" or "K"; empty ones and "#" lines are
/// left out. Throws Errc::input naming the line.
std::vector<std::string> parse_env_file(std::string_view text, std::string_view path);

}  // namespace slipway
