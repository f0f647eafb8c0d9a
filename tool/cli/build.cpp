#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "build/assemble.hpp"
#include "build/scheduler.hpp"
#include "build/shared_cache.hpp"
#include "build/step.hpp"
#include "build/step_chain.hpp"
#include "cli/attestations.hpp"
#include "cli/build_directory.hpp"
#include "cli/call.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/image_checks.hpp"
#include "cli/main_context.hpp"
#include "cli/output.hpp"
#include "cli/plan_flags.hpp"
#include "cli/progress.hpp"
#include "cli/transfer.hpp"
#include "cli/transfer_display.hpp"
#include "oci/reference.hpp"
#include "plan/emit.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

/// What a build leaves in the store, and what it tells of it.
struct Made {
  std::vector<AssembledImage> images = {};
  std::vector<Attestation> attestations = {};
};

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
  bool pull = false;
  std::string call = "build";
  bool check = false;
  ImageChecks checks = {};
  AttestationFlags attestations = {};

  void run() const;

 private:
  std::vector<Output> wanted_outputs() const;
  bool is_silent() const;
  PullPolicy pull_policy() const;
  std::set<std::string> fresh_steps(const Plan& plan) const;
  std::vector<Plan> plans(const MainContext& main_context) const;
  Made make(const std::vector<Plan>& plans, const Store& store, const SharedCache& cache,
            const Attestations& wanted, const std::string& source) const;
  void report(const BuiltImages& built, const std::vector<std::string>& names,
              const std::vector<Attestation>& documents) const;
};

/// Nothing but errors on the standard error.
bool BuildCommand::is_silent() const { return quiet || progress == "quiet" || progress == "none"; }

PullPolicy BuildCommand::pull_policy() const {
  if (!pull) return default_pull_policy();
  if (default_pull_policy() == PullPolicy::never) {
    throw Error(Errc::usage, "--pull: SLIPWAY_OFFLINE is set, and no registry is asked");
  }
  return PullPolicy::always;
}

std::vector<Output> BuildCommand::wanted_outputs() const {
  std::vector<Output> wanted;
  for (const auto& output : outputs) wanted.push_back(parse_output(output));
  if (load) wanted.push_back(parse_output("type=docker"));
  if (push) wanted.push_back(parse_output("type=registry"));
  const auto pushes = [](const Output& output) {
    return output.kind == Output::Kind::registry && output.names.empty();
  };
  if (flags.tags.empty() && std::ranges::any_of(wanted, pushes)) {
    throw Error(Errc::usage, "--push: the image has no name").with_hint("give it one with --tag");
  }
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

/// "<directory>-linux_arm64".
fs::path place_of(const Plan& plan, const std::string& directory) {
  auto name = plan.image.platform.str();
  std::ranges::replace(name, '/', '_');
  return fmt::format("{}-{}", directory, name);
}

/// --iidfile and --metadata-file, as Docker writes them.
void BuildCommand::report(const BuiltImages& built, const std::vector<std::string>& names,
                          const std::vector<Attestation>& documents) const {
  const auto& image = built.descriptor;
  // Docker's image ID is the digest of the config, and of an index its own.
  const auto& config = built.images.front().content.config.digest;
  if (!iid_file.empty())
    write_file_if_changed(iid_file, (built.is_index() ? image.digest : config).str());
  if (metadata_file.empty()) return;
  Json metadata;
  if (!built.is_index()) metadata["containerimage.config.digest"] = config.str();
  metadata["containerimage.descriptor"] = {
      {"mediaType", image.media_type}, {"digest", image.digest.str()}, {"size", image.size}};
  metadata["containerimage.digest"] = image.digest.str();
  if (!names.empty()) metadata["image.name"] = fmt::format("{}", fmt::join(names, ","));
  for (const auto& document : documents) {
    if (document.file_name != "provenance.json") continue;
    const auto platform =
        built.is_index() ? fmt::format("/{}", document.platform.str()) : std::string();
    metadata[fmt::format("buildx.build.provenance{}", platform)] =
        parse_json(document.text)["predicate"];
  }
  write_file_if_changed(metadata_file, to_text(metadata, 2) + '\n');
}

/// One platform's part of a build. `place` is its own folder for the steps' files.
struct PlatformBuild {
  PlatformBuild(const Plan& platform_plan, const fs::path& place, const Store& store,
                const SharedCache& cache)
      : plan(platform_plan),
        lock(lock_for(place)),
        steps(plan),
        context{.store = store, .directory = place, .steps = &steps, .cache = &cache} {
    remove_leftovers(place);
  }

  const Plan& plan;
  FileLock lock;
  StepIndex steps;
  BuildContext context;

 private:
  /// Builds of one Dockerfile share the steps' files; one at a time writes them.
  static FileLock lock_for(const fs::path& place) {
    make_directories(place);
    return {place.native() + ".lock", FileLock::Mode::exclusive};
  }
};

/// The images of all platforms, whose steps run side by side.
Made BuildCommand::make(const std::vector<Plan>& plans, const Store& store,
                        const SharedCache& cache, const Attestations& wanted,
                        const std::string& source) const {
  const auto directory = build_directory(store, flags);
  std::deque<PlatformBuild> parts;
  std::vector<PlannedBuild> builds;
  for (const auto& plan : plans) {
    const auto place = plans.size() == 1 ? fs::path(directory) : place_of(plan, directory);
    auto& part = parts.emplace_back(plan, place, store, cache);
    part.context.grants = flags.commands.grants();
    part.context.conditions = flags.commands.conditions();
    part.context.fresh = fresh_steps(plan);
    part.context.pull = pull_policy();
    write_plan(plan, place);
    forget(part.context.fresh, place);
    builds.push_back({plan, part.context});
  }
  {
    const auto observer = make_progress(is_silent() ? "quiet" : progress, plans);
    run_plans(builds, *observer);
  }
  Made made;
  for (const auto& [plan, context] : builds) {
    made.images.push_back(assemble(plan.image, context));
    const auto& image = made.images.back();
    checks.run(plan.image, image, context);
    for (auto& document : wanted.describe(plan.image, image, source, context))
      made.attestations.push_back(std::move(document));
  }
  return made;
}

/// All mistakes are found before anything is built.
std::vector<Plan> BuildCommand::plans(const MainContext& main_context) const {
  std::vector<Plan> all;
  auto warnings = is_silent() ? Warnings::hidden : Warnings::shown;
  for (const auto& options : main_context.options()) {
    all.push_back(
        plan_dockerfile(main_context.flags().dockerfile(), options, flags.lock, warnings));
    warnings = Warnings::hidden;  // once is enough
  }
  return all;
}

void BuildCommand::run() const {
  const auto wanted = wanted_outputs();
  const Attestations wanted_attestations(attestations);
  const auto store = open_store();
  const auto use = store.in_use();
  const SharedCache cache(flags.cache.parsed_sources(), flags.cache.parsed_targets());
  const MainContext main_context(flags, store);
  const auto all = plans(main_context);
  const auto& image = all.front().image;
  auto made = make(all, store, cache, wanted_attestations, main_context.flags().context);
  const auto built = together(std::move(made.images), image.format, store);
  std::vector<std::string> names;
  for (const auto& tag : image.tags) names.push_back(Reference::parse(tag).str());
  for (const auto& name : names) store.blobs().set_tag(name, built.descriptor);
  bool are_written = made.attestations.empty();
  for (const auto& output : wanted) {
    std::optional<TransferDisplay> transfers;  // of base layers that only the output holds
    const auto telling = is_silent() || progress == "rawjson" ? Telling::nobody : Telling::people;
    if (telling == Telling::people && output.kind != Output::Kind::registry) transfers.emplace();
    write_output(output, built, image.tags, store, telling);
    transfers.reset();
    if (write_attestations(made.attestations, output, built, image.tags, store)) are_written = true;
    names.insert(names.end(), output.names.begin(), output.names.end());
  }
  if (!are_written && !is_silent()) {
    fmt::print(stderr,
               "slipway: warning: no output of this build has a place for --sbom and --provenance\n"
               "  hint: -o and --push do; 'slipway sbom' lists what is in an image of the store\n");
  }
  report(built, names, made.attestations);
  if (std::ranges::none_of(wanted, &Output::to_stdout))
    fmt::print("{}\n", built.descriptor.digest.str());
}

}  // namespace

std::string build_directory(const Store& store, const PlanFlags& flags) {
  const auto absolute = [](const std::string& path) {
    return path.empty() ? path : fs::absolute(path).lexically_normal().native();
  };
  const auto place = fmt::format("{}\n{}\n{}\n{}", absolute(flags.file), absolute(flags.context),
                                 flags.target, flags.platform);
  return (store.folder("builds") / sha256_hex(place).substr(0, 32)).native();
}

void add_build_command(Command& program, Session& session) {
  auto command = std::make_shared<BuildCommand>();
  auto build = program.add("build", "Build an image from a Dockerfile");
  command->flags.add_to(build);
  build.repeatable("-o,--output", command->outputs,
                   "type=oci|docker|local|tar|image|registry[,dest=PATH]..., oci:DIR, or a DIR");
  build.flag("--load", command->load, "The same as --output type=docker");
  build.flag("--push", command->push, "The same as --output type=registry");
  build.option("--iidfile", command->iid_file, "A file for the image's ID", {"FILE"});
  build.option("--metadata-file", command->metadata_file, "A JSON file for digests and names",
               {"FILE"});
  build.choice("--progress", command->progress, progress_modes,
               "auto, plain, tty, quiet, none or rawjson [auto]");
  build.flag("-q,--quiet", command->quiet, "Print the image's digest, and errors, only");
  build.flag("--no-cache", command->no_cache, "Make every layer again");
  build.repeatable("--no-cache-filter", command->no_cache_filter,
                   "Make the layers of these stages again", {"STAGE"});
  add_mirror_option(build);
  command->checks.add_to(build);
  command->attestations.add_to(build);
  build.flag("--pull", command->pull, "Ask the registries what the bases are now");
  build.option("--call", command->call, "check, outline or targets instead of a build",
               {"METHOD[,format=json]"});
  build.flag("--check", command->check, "The same as --call=check");
  build.action([command, &session] {
    const auto call = parse_call(command->check ? "check" : command->call);
    if (call.kind == Call::Kind::build) return command->run();
    const auto store = open_store();
    session.status = answer(call, MainContext(command->flags, store).flags());
  });
}

}  // namespace slipway::cli
