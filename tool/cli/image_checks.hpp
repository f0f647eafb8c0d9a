#pragma once

#include <string>
#include <vector>

#include "build/assemble.hpp"
#include "build/gate_image.hpp"
#include "build/verify_image.hpp"

namespace slipway::cli {

class Command;

/// The flags for what an image is checked for before it is written: `build`, `plan` (for
/// its edges) and `image` have them. Values are kept as given.
struct ImageChecks {
  std::string verify = "off";  ///< off, warn or error
  bool no_verify_warnings = false;
  std::vector<std::string> gate = {};  ///< none: the gate is off
  std::vector<std::string> build_paths = {};
  std::vector<std::string> flag_files = {};

  void add_to(Command& command);

  /// The same flags for another `slipway`.
  std::vector<std::string> arguments() const;

  /// Check what a plan's own layers hold, not its base. Prints warnings, or throws
  /// all there is as one rendered Errc::input.
  void run(const ImageStep& step, const AssembledImage& image, const BuildContext& context) const;
};

/// So many of the lowest layers of a plan's image are its base's.
std::size_t base_layers_of(const ImageStep& step, const BuildContext& context);

/// The gate's flags besides its levels. Throws Errc::input for a file of options that is none.
GateOptions gate_options(const std::vector<std::string>& levels, std::string_view option,
                         const std::vector<std::string>& build_paths,
                         const std::vector<std::string>& flag_files);

inline constexpr auto build_path_help = "A build or source tree that nothing may point into";
inline constexpr auto flag_file_help = "What targets are compiled with: TARGET, a tab, options";

/// "slipway: error: '/usr/bin/app' needs ...", with its hint.
std::string render(const ImageProblem& problem, std::string_view severity);

}  // namespace slipway::cli
