#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/cache_flags.hpp"
#include "cli/run_flags.hpp"
#include "plan/plan.hpp"

namespace slipway::cli {

class Command;

/// The flags that `plan` and `build` share: Docker's, where Docker has them.
/// Values are kept as given, since a plan for CMake may hold generator
/// expressions; options() reads them.
struct PlanFlags {
  std::string file = {};  ///< -f; empty: Dockerfile in the context
  std::string context = ".";
  std::string ignore_file = {};
  std::vector<std::string> contexts = {};  ///< --build-context
  std::string target = {};
  std::vector<std::string> also = {};
  std::vector<std::string> build_args = {};
  std::vector<std::string> build_arg_files = {};
  std::string platform = {};  ///< or several, with commas
  std::string compression = {};
  std::string format = {};
  std::vector<std::string> tags = {};
  std::vector<std::string> labels = {};
  std::vector<std::string> annotations = {};
  std::string source_date_epoch = {};  ///< empty: $SOURCE_DATE_EPOCH, else 0
  std::string origin = {};
  std::vector<std::string> allow = {};
  std::string network = {};
  std::string hostname = {};
  bool compat_volumes = false;
  RunFlags commands = {};
  CacheFlags cache = {};
  std::string lock = {};  ///< --lock; empty: bases are what their tags mean

  void add_to(Command& command);

  /// Only those that change what a look at the Dockerfile finds.
  void add_checked_to(Command& command);
  void add_lock_to(Command& command);

  /// Its path. Throws Errc::input if there is none.
  std::string dockerfile() const;

  /// Throws Errc::usage naming the flag, and for more than one platform.
  PlanOptions options() const;

  /// The same for each platform of "--platform a,b".
  std::vector<PlanOptions> options_by_platform() const;

  /// The same flags for a later `slipway plan`, less -f and the context.
  std::vector<std::string> arguments() const;

  /// --source-date-epoch, or what the environment says unless a build argument
  /// does; empty: neither.
  std::string epoch() const;
};

enum class Warnings { shown, hidden };

/// The Dockerfile read, checked and planned, its references pinned by the lock file
/// (empty: none); warnings go to stderr. Throws rendered diagnostics.
Plan plan_dockerfile(const std::string& path, const PlanOptions& options,
                     const std::string& lock = {}, Warnings warnings = Warnings::shown);

}  // namespace slipway::cli
