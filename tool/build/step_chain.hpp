#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "build/step.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// The steps of a plan at hand, by id.
class StepIndex {
 public:
  explicit StepIndex(const Plan& plan);

  /// nullptr: the plan has none of that id.
  const Step* find(std::string_view id) const;

 private:
  std::unordered_map<std::string_view, const Step*> steps_ = {};
};

/// A step by its id: of the plan at hand, else of its .step file.
std::shared_ptr<const Step> find_step(const std::string& id, const BuildContext& context);

/// The step `top` and all beneath it, lowest first; none where `top` is empty.
std::vector<std::string> chain_of(const std::string& top, const BuildContext& context);

/// What is replayed before a step's own instruction: its lines and those that
/// it comes after.
struct Prelude {
  std::vector<SourceLines> lines = {};
  ArgumentValues arguments = {};
};
Prelude prelude_of(const Step& step, const BuildContext& context);

}  // namespace slipway
