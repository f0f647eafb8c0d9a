#include "build/step_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/step_links.hpp"
#include "plan/emit.hpp"

namespace slipway {

StepIndex::StepIndex(const Plan& plan) {
  for (const auto& step : plan.steps) steps_.emplace(step.id, &step);
}

const Step* StepIndex::find(std::string_view id) const {
  const auto found = steps_.find(id);
  return found == steps_.end() ? nullptr : found->second;
}

std::shared_ptr<const Step> find_step(const std::string& id, const BuildContext& context) {
  if (context.steps != nullptr) {
    // Not owned: the plan outlives the build.
    if (const auto* step = context.steps->find(id)) return {std::shared_ptr<const Step>(), step};
  }
  const auto path = step_files(context.directory, id).step;
  return with_context([&] { return fmt::format("read '{}'", printable(path)); },
                      [&] { return std::make_shared<const Step>(parse_step(read_file(path))); });
}

namespace {

/// With a plan at hand nothing is to be read.
StepLinks links_for(const BuildContext& context) {
  return context.steps != nullptr ? StepLinks() : StepLinks::read(context.directory);
}

}  // namespace

std::vector<std::string> chain_of(const std::string& top, const BuildContext& context) {
  const auto links = links_for(context);
  std::vector<std::string> ids;
  for (auto id = top; !id.empty();) {
    const auto* known = links.find(id);
    auto beneath = known != nullptr ? known->beneath : find_step(id, context)->beneath;
    ids.push_back(std::exchange(id, std::move(beneath)));
  }
  std::ranges::reverse(ids);
  return ids;
}

Prelude prelude_of(const Step& step, const BuildContext& context) {
  std::vector<std::shared_ptr<const Step>> earlier;  // the last first
  const auto links = links_for(context);
  const auto after = [&](const Step& part) {
    const auto* known = links.find(part.id);
    return known != nullptr ? known->after : part.after;
  };
  for (auto id = after(step); !id.empty(); id = after(*earlier.back()))
    earlier.push_back(find_step(id, context));
  std::ranges::reverse(earlier);
  Prelude prelude;
  const auto add = [&](const Step& part) {
    std::ranges::copy(part.before, std::back_inserter(prelude.lines));
    prelude.arguments.build.insert(part.script.arguments.build.begin(),
                                   part.script.arguments.build.end());
    prelude.arguments.global.insert(part.script.arguments.global.begin(),
                                    part.script.arguments.global.end());
  };
  for (const auto& part : earlier) add(*part);
  add(step);
  return prelude;
}

}  // namespace slipway
