#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "build/fetch_context.hpp"
#include "build/grants.hpp"
#include "build/run_conditions.hpp"
#include "build/step_result.hpp"
#include "plan/plan.hpp"
#include "registry/pull.hpp"
#include "store/store.hpp"

namespace slipway {

class SharedCache;
class StepIndex;

/// Where a build happens.
struct BuildContext {
  const Store& store;
  std::filesystem::path directory;  ///< of the .step, .layer, .shape and .record files
  Grants grants = {};
  RunConditions conditions = {};
  /// Steps (ids) for which what earlier builds left does not count.
  std::set<std::string> fresh = {};
  const StepIndex* steps = nullptr;         ///< of the plan at hand; nullptr: the .step files tell
  PullPolicy pull = default_pull_policy();  ///< of base images
  const SharedCache* cache = nullptr;       ///< with other machines; nullptr: none
  /// Hears of the bytes that a step fetches; any thread may call.
  std::function<void(const std::string& id, std::uint64_t done, std::uint64_t total)> transferred =
      {};
  /// Hears what a step's command prints, in pieces; any thread may call. Without
  /// it that goes to the standard error as it is.
  std::function<void(const std::string& id, std::string_view text)> printed = {};
};

/// For what the step fetches. `context` must outlive it.
FetchContext fetch_context(const Step& step, const BuildContext& context);

/// Run one step: write its .layer, .shape and .d files (each only when it
/// changes) and its .record. A step whose record still holds and whose blob is
/// still there does nothing else.
///
/// Mistakes of the Dockerfile or of what it names are thrown as rendered
/// diagnostics at the instruction (or at the script's origin).
enum class StepOutcome { reused, made };
StepOutcome run_step(const Step& step, const BuildContext& context);

/// The results of steps, in order. What is missing of them (a deleted .layer
/// file, a blob that the store lost) is made again first.
std::vector<StepResult> require_results(const std::vector<std::string>& ids,
                                        const BuildContext& context);

/// What would make the step run now, a sentence each; empty: it is up to date.
std::vector<std::string> explain_step(const Step& step, const BuildContext& context);

/// Write the plan's .step files, each only when it changes.
void write_plan(const Plan& plan, const std::filesystem::path& directory);

}  // namespace slipway
