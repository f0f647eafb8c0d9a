#pragma once

#include <string>
#include <vector>

namespace slipway {

/// Whether the machine gives commands one of the things that they are run with.
struct Checkup {
  std::string what = {};  ///< "user namespaces"
  bool is_good = true;
  std::string detail = {};  ///< what was found
  std::string remedy = {};  ///< the command that mends it; empty where it is good
};

/// Try out, or look up, all that running commands takes for this user.
std::vector<Checkup> examine_machine();

}  // namespace slipway
