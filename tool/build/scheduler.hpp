#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "build/step.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// Hears how a build goes. Calls come from several threads, one at a time. Until the
/// first one the process must have a single thread: it may have to become root.
class BuildObserver {
 public:
  virtual ~BuildObserver() = default;
  virtual void started(const Step& step) = 0;
  virtual void finished(const Step& step, StepOutcome outcome,
                        std::chrono::nanoseconds duration) = 0;
  virtual void failed(const Step& step, const std::string& message) = 0;
  /// A piece of what the step's command prints, not always whole lines.
  virtual void printed(const Step& step, std::string_view text) = 0;
  /// So much of what the step fetches is here; `total` is 0 where nobody knows.
  virtual void transferred(const Step& step, std::uint64_t done, std::uint64_t total) = 0;
};

/// A plan, and where its steps are made. Both must outlive the run.
struct PlannedBuild {
  const Plan& plan;
  const BuildContext& context;
};

/// Run all steps of the plans, each as soon as what it names is there, as many at
/// once as there are processors. The observer knows a step's plan by its address.
/// After a failure nothing new is started, what runs is waited for, and the first
/// failure is thrown.
void run_plans(const std::vector<PlannedBuild>& builds, BuildObserver& observer);

}  // namespace slipway
