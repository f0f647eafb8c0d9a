#pragma once

#include <string>
#include <vector>

#include "build/cache_place.hpp"

namespace slipway::cli {

class Command;

/// The flags for the cache that machines share: `build`, `plan` (for its edges) and
/// `step` have them. Values are kept as given.
struct CacheFlags {
  std::vector<std::string> sources = {};  ///< --cache-from
  std::vector<std::string> targets = {};  ///< --cache-to

  void add_to(Command& command);

  /// Throws Errc::usage naming the flag.
  std::vector<CachePlace> parsed_sources() const;
  std::vector<CachePlace> parsed_targets() const;

  /// The same flags for another `slipway`.
  std::vector<std::string> arguments() const;
};

}  // namespace slipway::cli
