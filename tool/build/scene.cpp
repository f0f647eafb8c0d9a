#include "build/scene.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "build/blame.hpp"
#include "build/step_chain.hpp"
#include "dockerfile/parser.hpp"
#include "plan/emit.hpp"

namespace slipway {
namespace {

dockerfile::Instruction parse(const SourceLines& lines, const Script& script) {
  Diagnostics diagnostics(source_of(script));
  auto instruction =
      dockerfile::parse_instruction(lines.text, lines.line, script.escape, diagnostics);
  diagnostics.stop_if_errors();
  if (!instruction) throw Error(Errc::internal, "read a step: its instruction is empty");
  return std::move(*instruction);
}

}  // namespace

Scene set_scene(const Step& step, const BuildContext& context) {
  ContainerConfig config;
  StageScope scope;
  if (!step.config_of.empty()) {
    auto base = require_results({step.config_of}, context).front();
    config = parse_image_config(context.store.blobs().read_document(base.config.value())).config;
    scope = std::move(base.scope);
  }
  auto prelude = prelude_of(step, context);
  Scene scene{parse(step.instruction, step.script),
              StageState(std::move(config), std::move(prelude.arguments), step.script.escape, {},
                         step.platform.os, std::move(scope))};
  Diagnostics diagnostics(source_of(step.script));
  for (const auto& lines : prelude.lines) scene.state.apply(parse(lines, step.script), diagnostics);
  diagnostics.stop_if_errors();
  return scene;
}

std::optional<StepResult> usable_result(const std::string& id, const BuildContext& context) {
  const auto files = step_files(context.directory, id);
  const auto text = read_file_if_exists(files.layer);
  if (!text || !lstat_file(files.shape)) return std::nullopt;
  try {
    auto result = parse_step_result(*text);
    const auto& blobs = context.store.blobs();
    // Those of a base can be fetched again; what a step made, it makes again.
    const auto is_there = [&](const Layer& layer) {
      return result.config ? blobs.can_read(layer.blob) : blobs.contains(layer.blob);
    };
    const bool whole = std::ranges::all_of(result.layers, is_there);
    if (whole && (!result.config || blobs.contains(*result.config))) return result;
  } catch (const Error&) {
    // A damaged file is made again like a missing one.
  }
  return std::nullopt;
}

std::vector<Layer> require_layers(const std::vector<std::string>& ids,
                                  const BuildContext& context) {
  std::vector<Layer> layers;
  for (const auto& result : require_results(ids, context)) {
    layers.insert(layers.end(), result.layers.begin(), result.layers.end());
  }
  return layers;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace slipway
