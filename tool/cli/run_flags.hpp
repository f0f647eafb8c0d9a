#pragma once

#include <string>
#include <vector>

#include "build/grants.hpp"
#include "build/run_conditions.hpp"

namespace slipway::cli {

class Command;

/// The flags for the commands of RUN that are part of no plan: `build`, `plan`
/// (for its edges) and `step` have them. Values are kept as given.
struct RunFlags {
  std::vector<std::string> secrets = {};
  std::vector<std::string> agents = {};  ///< --ssh
  std::vector<std::string> limits = {};  ///< --ulimit
  std::vector<std::string> hosts = {};   ///< --add-host
  std::string shm_size = {};
  std::string isolation = {};

  void add_to(Command& command);

  /// Both throw Errc::usage naming the flag.
  Grants grants() const;
  RunConditions conditions() const;

  /// The same flags for another `slipway`.
  std::vector<std::string> arguments() const;
};

}  // namespace slipway::cli
