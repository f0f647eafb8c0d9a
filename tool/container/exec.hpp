#pragma once

#include <string>
#include <vector>

#include "container/container.hpp"
#include "store/store.hpp"

namespace slipway {

/// One more command in a running container.
struct ExecSettings {
  std::vector<std::string> argv = {};
  std::vector<std::string> env = {};  ///< "K=v"
  std::string working_dir = {};       ///< absolute; empty: the container's
  std::string user = {};              ///< empty: the container's
  bool terminal = false;
  bool interactive = false;
  bool is_privileged = false;
};

/// Its exit status. This process sees the container's files from then on. Throws
/// Errc::input where the container does not run, and what run_inside() throws.
int exec_in(const Container& container, const ExecSettings& settings, const Store& store);

/// Leave it running, and return once it does. What it prints goes nowhere. Throws as
/// exec_in().
void exec_detached(const Container& container, const ExecSettings& settings, const Store& store);

}  // namespace slipway
