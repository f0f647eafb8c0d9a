#include "build/onbuild.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "build/assemble.hpp"
#include "build/blame.hpp"
#include "build/scene.hpp"
#include "build/step_chain.hpp"
#include "dockerfile/parser.hpp"

namespace slipway {
namespace {

/// The Dockerfile up to the step's FROM, whose stages the triggers may copy from.
/// Nothing, where it cannot be read any more.
dockerfile::Dockerfile stages_before(const Step& step) {
  const auto source = source_of(step.script);
  Diagnostics ignored(source);  // told when it was planned
  auto file = dockerfile::parse_dockerfile(source, ignored);
  const auto here = std::ranges::find(file.stages, step.instruction.line,
                                      [](const auto& stage) { return stage.from.span.line; });
  if (here == file.stages.end()) return {};
  file.stages.erase(here, file.stages.end());
  return file;
}

/// The same, and a last stage: the base, and its triggers.
dockerfile::Dockerfile triggered_dockerfile(const ImportedBase& base, const Step& step,
                                            Diagnostics& diagnostics) {
  const int line = step.instruction.line;
  auto result = stages_before(step);
  dockerfile::Stage stage;
  stage.index = result.stages.size();
  auto from = dockerfile::parse_instruction("FROM " + step.reference, line, step.script.escape,
                                            diagnostics);
  if (from) stage.from = std::move(*from);
  for (const auto& trigger : base.triggers) {
    auto instruction =
        dockerfile::parse_instruction(trigger, line, step.script.escape, diagnostics);
    if (instruction) stage.instructions.push_back(std::move(*instruction));
  }
  diagnostics.stop_if_errors();
  result.escape = step.script.escape;
  result.stages.push_back(std::move(stage));
  return result;
}

/// The one that counts: the first that exists.
std::string existing_ignore_file(const Step& step) {
  for (const auto& file : step.ignore_files) {
    if (lstat_file(file)) return file;
  }
  return {};
}

Plan plan_triggers(const ImportedBase& base, const Step& step) {
  Diagnostics diagnostics(source_of(step.script));
  const auto dockerfile = triggered_dockerfile(base, step, diagnostics);
  PlanOptions options;
  options.build_args = step.script.arguments.build;
  options.platform = step.platform;
  options.compression = step.compression;
  options.format = step.format;
  options.context = step.context;
  options.ignore_file = existing_ignore_file(step);
  options.source_date_epoch = step.script.epoch;
  options.origin = step.script.origin;
  options.compat_volumes = step.script.compat_volumes;
  const auto base_id = fmt::format("{}-base", dockerfile.stages.back().index);
  auto plan = make_plan(dockerfile, step.script.path, options, diagnostics);
  diagnostics.stop_if_errors();
  for (auto& part : plan.steps) {
    if (part.kind == StepKind::base && part.id == base_id) part.runs_triggers = false;
    if (part.kind != StepKind::base) part.script.arguments.global = step.script.arguments.global;
  }
  plan.image.script.arguments.global = step.script.arguments.global;
  return plan;
}

}  // namespace

ImportedBase with_triggers(ImportedBase base, const Step& step, const BuildContext& context) {
  const auto plan = plan_triggers(base, step);
  const StepIndex steps(plan);
  auto nested = context;
  nested.steps = &steps;
  nested.directory = context.directory / (step.id + ".onbuild");
  if (context.printed) {
    nested.printed = [&](const std::string&, std::string_view text) {
      context.printed(step.id, text);
    };
  }
  make_directories(nested.directory);
  write_plan(plan, nested.directory);
  for (const auto& part : plan.steps) {
    const auto read = make_step(part, nested).read;
    base.read.insert(base.read.end(), read.begin(), read.end());
  }
  std::vector<std::string> ids;
  for (const auto& part : plan.image.parts) {
    if (!part.layer.empty()) ids.push_back(part.layer);
  }
  for (auto& layer : require_layers(ids, nested)) base.result.layers.push_back(std::move(layer));
  auto image = assemble(plan.image, nested);
  base.result.config = std::move(image.content.config);
  base.result.scope = std::move(image.scope);
  return base;
}

}  // namespace slipway
