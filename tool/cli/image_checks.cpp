#include "cli/image_checks.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/step_result.hpp"
#include "cli/command.hpp"

namespace slipway::cli {
namespace {

const std::vector<std::string> verify_modes = {"off", "warn", "error"};

}  // namespace

std::size_t base_layers_of(const ImageStep& step, const BuildContext& context) {
  if (step.base.empty()) return 0;
  return require_results({step.base}, context).front().layers.size();
}

std::string render(const ImageProblem& problem, std::string_view severity) {
  return fmt::format("slipway: {}: '{}' {}{}\n  hint: {}\n", severity, printable(problem.file),
                     problem.message, problem.provided_by, problem.hint);
}

GateOptions gate_options(const std::vector<std::string>& levels, std::string_view option,
                         const std::vector<std::string>& build_paths,
                         const std::vector<std::string>& flag_files) {
  GateOptions options;
  for (const auto& level : levels) {
    // An expression of CMake may yield nothing.
    if (!level.empty()) gate::read_level(level, option, options.levels);
  }
  options.build_paths = build_paths;
  for (const auto& file : flag_files) {
    auto flags = with_context([&] { return fmt::format("read '{}'", printable(file)); },
                              [&] { return gate::parse_target_flags(read_file(file)); });
    for (auto& target : flags) options.flags.push_back(std::move(target));
  }
  return options;
}

void ImageChecks::add_to(Command& command) {
  command.choice("--verify", verify, verify_modes,
                 "Programs that lack something in the image: off, warn or error [off]");
  command.flag("--no-verify-warnings", no_verify_warnings,
               "Not what they only seem to lack (plugins, certificates, locales, ...)");
  command.repeatable("--gate", gate,
                     "RULE=off|warn|error, or 'default': what the image may hold ('help gate')",
                     {"LEVEL"});
  command.repeatable("--build-path", build_paths, build_path_help, {"DIR"});
  command.repeatable("--compile-flags", flag_files, flag_file_help, {"FILE"});
}

std::vector<std::string> ImageChecks::arguments() const {
  // Refused here rather than by the edge; what CMake evaluates is not known yet.
  gate::Levels ignored;
  for (const auto& level : gate) {
    if (level.find("$<") == std::string::npos) gate::read_level(level, "--gate", ignored);
  }
  std::vector<std::string> out;
  if (verify != "off") out.insert(out.end(), {"--verify", verify});
  if (no_verify_warnings) out.emplace_back("--no-verify-warnings");
  for (const auto& level : gate) out.push_back("--gate=" + level);
  for (const auto& path : build_paths) out.push_back("--build-path=" + path);
  for (const auto& file : flag_files) out.push_back("--compile-flags=" + file);
  return out;
}

void ImageChecks::run(const ImageStep& step, const AssembledImage& image,
                      const BuildContext& context) const {
  if (verify == "off" && gate.empty()) return;
  const auto options = gate_options(gate, "--gate", build_paths, flag_files);
  const auto& store = context.store;
  const auto located = locate_image(store.blobs(), image.manifest, step.platform);
  const ImageFiles files(located, store, base_layers_of(step, context));
  std::string text;
  bool has_errors = false;
  if (verify != "off") {
    const auto doubts = no_verify_warnings ? Doubts::hidden : Doubts::told;
    for (const auto& problem : verify_image(files, located.config, doubts)) {
      const bool is_error = verify == "error" && !problem.is_doubt();
      text += render(problem, is_error ? "error" : "warning");
      has_errors = has_errors || is_error;
    }
  }
  if (!gate.empty()) {
    const auto findings = gate_image(files, located.config.platform, store, options);
    text += gate::to_text(findings);
    has_errors = has_errors || gate::has_errors(findings);
  }
  if (has_errors) throw Error(Errc::input, text).as_rendered();
  fmt::print(stderr, "{}", text);
}

}  // namespace slipway::cli
