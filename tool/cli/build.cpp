#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/assemble.hpp"
#include "build/step.hpp"
#include "cli/build_directory.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/plan_flags.hpp"
#include "oci/reference.hpp"
#include "plan/emit.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

struct BuildCommand {
  PlanFlags flags = {};
  std::vector<std::string> outputs = {};
  std::string iid_file = {};
  bool quiet = false;
  bool no_cache = false;

  void run() const;

 private:
  void run_steps(const Plan& plan, const BuildContext& context) const;
};

std::string title_of(const Step& step) {
  if (step.kind == StepKind::base) return "FROM " + step.reference;
  return printable(trim(std::string_view(step.instruction.text).substr(0, step.instruction.text.find('\n'))), 100);
}

void BuildCommand::run_steps(const Plan& plan, const BuildContext& context) const {
  std::size_t number = 0;
  for (const auto& step : plan.steps) {
    ++number;
    if (!quiet) fmt::print(stderr, "[{}/{}] {}\n", number, plan.steps.size(), title_of(step));
    if (no_cache) {
      std::error_code ignored;
      fs::remove(step_files(context.directory.native(), step.id).record, ignored);
    }
    run_step(step, context);
  }
}

void BuildCommand::run() const {
  std::vector<Output> wanted;
  for (const auto& output : outputs) wanted.push_back(parse_output(output));
  const auto options = flags.options();
  const auto plan = plan_dockerfile(flags.dockerfile(), options);
  const auto store = Store::open(Store::default_path());
  const auto directory = build_directory(store, flags);
  make_directories(directory);
  // Builds of one Dockerfile share the steps' files; one at a time writes them.
  const FileLock lock(directory + ".lock", FileLock::Mode::exclusive);
  remove_leftovers(directory);
  const BuildContext context{store, directory, Grants::parse(flags.secrets, flags.agents), quiet, no_cache};
  write_plan(plan, directory);
  run_steps(plan, context);
  const auto image = assemble(plan.image, context);
  for (const auto& tag : options.tags) store.blobs().set_tag(Reference::parse(tag).str(), image.manifest);
  for (const auto& output : wanted) write_output(output, image, plan.image, store);
  // Docker's image ID is the digest of the config.
  if (!iid_file.empty()) write_file_if_changed(iid_file, image.content.config.digest.str());
  fmt::print("{}\n", image.manifest.digest.str());
}

}  // namespace

std::string build_directory(const Store& store, const PlanFlags& flags) {
  const auto place = fmt::format("{}\n{}\n{}\n{}", fs::absolute(flags.dockerfile()).lexically_normal().native(),
                                 fs::absolute(flags.context).lexically_normal().native(), flags.target,
                                 flags.platform);
  return (store.folder("builds") / sha256_hex(place).substr(0, 32)).native();
}

void add_build_command(Command& program, Session&) {
  auto command = std::make_shared<BuildCommand>();
  auto build = program.add("build", "Build an image from a Dockerfile");
  command->flags.add_to(build);
  build.repeatable("-o,--output", command->outputs, "type=oci|docker,dest=PATH[,tar=false], or a layout's DIR");
  build.option("--iidfile", command->iid_file, "A file for the image's ID", {"FILE"});
  build.flag("-q,--quiet", command->quiet, "Print the digest only");
  build.flag("--no-cache", command->no_cache, "Make every layer again");
  build.action([command] { command->run(); });
}

}  // namespace slipway::cli
