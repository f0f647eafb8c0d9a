#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/assemble.hpp"
#include "build/scheduler.hpp"
#include "build/step.hpp"
#include "build/step_chain.hpp"
#include "cli/build_directory.hpp"
#include "cli/call.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/main_context.hpp"
#include "cli/output.hpp"
#include "cli/plan_flags.hpp"
#include "cli/progress.hpp"
#include "oci/reference.hpp"
#include "plan/emit.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

struct BuildCommand {
  PlanFlags flags = {};
  std::vector<std::string> outputs = {};
  std::string iid_file = {};
  std::string metadata_file = {};
  std::string progress = "auto";
  std::vector<std::string> no_cache_filter = {};
  bool load = false;
  bool push = false;
  bool quiet = false;
  bool no_cache = false;
  std::string call = "build";
  bool check = false;

  void run() const;

 private:
  std::vector<Output> wanted_outputs() const;
  bool is_silent() const;
  std::set<std::string> fresh_steps(const Plan& plan) const;
  void report(const AssembledImage& image, const std::vector<std::string>& names) const;
};

/// Nothing but errors on the standard error.
bool BuildCommand::is_silent() const { return quiet || progress == "quiet" || progress == "none"; }

std::vector<Output> BuildCommand::wanted_outputs() const {
  if (push) {
    throw Error(Errc::usage, "--push: images cannot be pushed yet")
        .with_hint("write an archive, and push that with skopeo");
  }
  std::vector<Output> wanted;
  for (const auto& output : outputs) wanted.push_back(parse_output(output));
  if (load) wanted.push_back(parse_output("type=docker"));
  const auto to_stdout = std::ranges::count_if(wanted, &Output::to_stdout);
  if (to_stdout > 1) throw Error(Errc::usage, "--output: only one can go to the standard output");
  return wanted;
}

/// Those that --no-cache and --no-cache-filter name.
std::set<std::string> BuildCommand::fresh_steps(const Plan& plan) const {
  std::set<std::string> stages;  // by number, as step ids begin
  for (const auto& words : no_cache_filter) {
    for (const auto& word : split(words, ',')) {
      const auto found = std::ranges::find(plan.stage_names, to_lower(word));
      const auto number = found == plan.stage_names.end() || word.empty()
                              ? parse_integer(word).value_or(-1)
                              : std::distance(plan.stage_names.begin(), found);
      stages.insert(std::to_string(number));
    }
  }
  std::set<std::string> fresh;
  for (const auto& step : plan.steps) {
    if (no_cache || stages.contains(step.id.substr(0, step.id.find('-')))) fresh.insert(step.id);
  }
  return fresh;
}

/// Without its record a step runs again.
void forget(const std::set<std::string>& steps, const fs::path& directory) {
  for (const auto& id : steps) {
    std::error_code ignored;
    fs::remove(step_files(directory.native(), id).record, ignored);
  }
}

/// --iidfile and --metadata-file, as Docker writes them.
void BuildCommand::report(const AssembledImage& image, const std::vector<std::string>& names) const {
  // Docker's image ID is the digest of the config.
  if (!iid_file.empty()) write_file_if_changed(iid_file, image.content.config.digest.str());
  if (metadata_file.empty()) return;
  nlohmann::ordered_json metadata;
  metadata["containerimage.config.digest"] = image.content.config.digest.str();
  metadata["containerimage.descriptor"] = {{"mediaType", image.manifest.media_type},
                                           {"digest", image.manifest.digest.str()},
                                           {"size", image.manifest.size}};
  metadata["containerimage.digest"] = image.manifest.digest.str();
  if (!names.empty()) metadata["image.name"] = fmt::format("{}", fmt::join(names, ","));
  write_file_if_changed(metadata_file, metadata.dump(2) + '\n');
}

void BuildCommand::run() const {
  const auto wanted = wanted_outputs();
  const auto store = Store::open(Store::default_path());
  const MainContext main_context(flags, store);
  const auto options = main_context.options();
  const auto plan = plan_dockerfile(main_context.flags().dockerfile(), options,
                                    is_silent() ? Warnings::hidden : Warnings::shown);
  const auto directory = build_directory(store, flags);
  make_directories(directory);
  // Builds of one Dockerfile share the steps' files; one at a time writes them.
  const FileLock lock(directory + ".lock", FileLock::Mode::exclusive);
  remove_leftovers(directory);
  const StepIndex steps(plan);
  const BuildContext context{store, directory, flags.commands.grants(), flags.commands.conditions(),
                             fresh_steps(plan), &steps};
  write_plan(plan, directory);
  forget(context.fresh, directory);
  {
    const auto observer = make_progress(quiet ? "quiet" : progress, plan);
    run_plan(plan, context, *observer);
  }
  const auto image = assemble(plan.image, context);
  std::vector<std::string> names;
  for (const auto& tag : options.tags) names.push_back(Reference::parse(tag).str());
  for (const auto& name : names) store.blobs().set_tag(name, image.manifest);
  for (const auto& output : wanted) {
    write_output(output, image, plan.image, store);
    names.insert(names.end(), output.names.begin(), output.names.end());
  }
  report(image, names);
  if (std::ranges::none_of(wanted, &Output::to_stdout)) fmt::print("{}\n", image.manifest.digest.str());
}

}  // namespace

std::string build_directory(const Store& store, const PlanFlags& flags) {
  const auto place = fmt::format("{}\n{}\n{}\n{}", fs::absolute(flags.dockerfile()).lexically_normal().native(),
                                 fs::absolute(flags.context).lexically_normal().native(), flags.target,
                                 flags.platform);
  return (store.folder("builds") / sha256_hex(place).substr(0, 32)).native();
}

void add_build_command(Command& program, Session& session) {
  auto command = std::make_shared<BuildCommand>();
  auto build = program.add("build", "Build an image from a Dockerfile");
  command->flags.add_to(build);
  build.repeatable("-o,--output", command->outputs, "type=oci|docker|local|tar|image[,dest=PATH]..., oci:DIR, or a DIR");
  build.flag("--load", command->load, "The same as --output type=docker");
  build.flag("--push", command->push, "The same as --output type=registry");
  build.option("--iidfile", command->iid_file, "A file for the image's ID", {"FILE"});
  build.option("--metadata-file", command->metadata_file, "A JSON file for digests and names", {"FILE"});
  build.choice("--progress", command->progress, progress_modes, "auto, plain, tty, quiet, none or rawjson [auto]");
  build.flag("-q,--quiet", command->quiet, "Print the image's digest, and errors, only");
  build.flag("--no-cache", command->no_cache, "Make every layer again");
  build.repeatable("--no-cache-filter", command->no_cache_filter, "Make the layers of these stages again", {"STAGE"});
  build.ignored_flag("--pull", "Bases are looked up anew (always so)");
  build.option("--call", command->call, "check, outline or targets instead of a build", {"METHOD[,format=json]"});
  build.flag("--check", command->check, "The same as --call=check");
  build.action([command, &session] {
    const auto call = parse_call(command->check ? "check" : command->call);
    if (call.kind == Call::Kind::build) return command->run();
    session.status = answer(call, command->flags);
  });
}

}  // namespace slipway::cli
