#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "build/gate_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/described_image.hpp"
#include "cli/image_checks.hpp"
#include "cli/images.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

const std::vector<std::string> gate_formats = {"text", "json", "sarif"};

struct GateCommand {
  std::string name = {};
  std::string base = {};
  std::string step = {};  ///< image.step: its base is the image's
  std::string platform = Platform::host().str();
  std::string format = "text";
  std::vector<std::string> levels = {};
  std::vector<std::string> build_paths = {};
  std::vector<std::string> flag_files = {};

  /// The exit status.
  int run() const;

 private:
  std::size_t base_layers(const LocatedImage& image, const Store& store) const;
};

/// So many of the image's layers are those of --base, or of the plan's.
std::size_t GateCommand::base_layers(const LocatedImage& image, const Store& store) const {
  if (!step.empty()) {
    const auto folder = std::filesystem::path(step).parent_path();
    return base_layers_of(read_image_step(step), {store, folder.empty() ? "." : folder});
  }
  if (base.empty()) return 0;
  // As FROM names it.
  const auto found =
      find_image(ImageName::parse(base), store, Platform::parse(platform), BareName::of_registry)
          .image.config.diff_ids;
  const auto& all = image.config.diff_ids;
  const bool is_base =
      found.size() <= all.size() && std::equal(found.begin(), found.end(), all.begin());
  if (!is_base) {
    throw Error(Errc::usage,
                fmt::format("--base: the image does not stand on '{}'", printable(base)))
        .with_hint("its layers have to be the image's lowest");
  }
  return found.size();
}

int GateCommand::run() const {
  if (!base.empty() && !step.empty())
    throw Error(Errc::usage, "--base and --step both say what the image stands on");
  const auto options = gate_options(levels, "--rule", build_paths, flag_files);
  const auto store = open_store();
  const auto use = store.in_use();
  const auto opened = bring_into_store(find_image(name, store, Platform::parse(platform)), store);
  const ImageFiles files(opened.image, store, base_layers(opened.image, store));
  const auto findings = gate_image(files, opened.image.config.platform, store, options);
  if (format == "json") {
    fmt::print("{}", gate::to_json(findings));
  } else if (format == "sarif") {
    fmt::print("{}", gate::to_sarif(findings));
  } else {
    fmt::print("{}", gate::to_text(findings));
  }
  return gate::has_errors(findings) ? exit_status(Errc::input) : 0;
}

}  // namespace

void add_gate_command(Command& program, Session& session) {
  auto command = std::make_shared<GateCommand>();
  auto gate = program.add("gate", "Look for what should not be shipped in an image");
  gate.option("image", command->name, image_argument_help, {"", Need::required});
  gate.option("--base", command->base, "What it stands on, which is passed over", {"IMAGE"});
  gate.option("--step", command->step, "The plan that made it, instead of --base", {"FILE"});
  gate.repeatable("--rule", command->levels, "NAME=off|warn|error: how much a rule counts, or all");
  gate.repeatable("--build-path", command->build_paths, build_path_help, {"DIR"});
  gate.repeatable("--compile-flags", command->flag_files, flag_file_help, {"FILE"});
  gate.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  gate.choice("--format", command->format, gate_formats, "text, json or sarif [text]");
  gate.action([command, &session] { session.status = command->run(); });
}

}  // namespace slipway::cli
