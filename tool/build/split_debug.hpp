#pragma once

#include <filesystem>

#include "build/staged_tree.hpp"

namespace slipway {

/// The toolchain's programs that take debug information apart.
struct DebugTools {
  std::filesystem::path objcopy = "objcopy";
  std::filesystem::path dwp = {};  ///< for -gsplit-dwarf; empty: there is none
};

/// What becomes of symbols and debug information.
enum class Strip {
  off,
  on,        ///< as `cmake --install --strip`
  to_link,   ///< debug information goes, but for a link to it
  to_debug,  ///< debug information alone, as `to_link` names it
};

/// Strip every program and shared library below `root`, and leave in each a link
/// (.gnu_debuglink) and a build ID that collect_debug() gives to what was taken off.
/// Both depend on the code alone. Throws Errc::command with what a tool says.
void strip_to_link(const std::filesystem::path& root, const DebugTools& tools);

/// Put the debug information of what is below `root` into `debug`, the root of an
/// image's files: usr/lib/debug/.build-id/<2 digits>/<rest>.debug, where debuggers
/// and debuginfod look for it; beside it what dwz moved into a file for several
/// programs, and <program>.dwp for -gsplit-dwarf. Without a build ID it is
/// usr/lib/debug/<directory>/<name>.debug. What is below `root` is changed.
void collect_debug(const std::filesystem::path& root, const std::filesystem::path& debug,
                   const DebugTools& tools);

/// Put what becomes of `root` into `tree`: itself, or (to_debug) what was collected in
/// `debug`, which is made. Throws as the two above.
void add_stripped(const std::filesystem::path& root, const std::filesystem::path& debug,
                  Strip strip, const DebugTools& tools, StagedTree& tree);

}  // namespace slipway
