#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/fetched_sources.hpp"
#include "build/step.hpp"
#include "build/step_chain.hpp"
#include "cli/build_directory.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/image_checks.hpp"
#include "cli/plan_flags.hpp"
#include "plan/emit.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

const std::vector<std::string> emit_kinds = {"ninja", "cmake", "json", "dot", "steps"};

struct PlanCommand {
  PlanFlags flags = {};
  std::string emit = "json";
  std::string directory = ".slipway";
  std::string layout = {};
  std::string digest_file = {};
  std::string name = "image";
  std::string as = {};
  std::string output = {};
  std::string mirror = {};
  ImageChecks checks = {};
  std::vector<std::string> inputs = {};

  void run() const;

 private:
  EdgeOptions edge_options() const;
  NinjaFile ninja_file() const;
  PlanOptions options() const;
  void print(const std::string& text) const;
};

bool has_generator_expression(const std::string& text) {
  return text.find("$<") != std::string::npos;
}

/// What SOURCE_DATE_EPOCH can name, but for the context: a directory has no time.
PlanOptions with_times(PlanOptions options, const PlanFlags& flags) {
  options.time_of = [&flags](const EpochPlace& place) -> std::optional<std::int64_t> {
    if (place.kind != EpochPlace::Kind::source) return std::nullopt;
    const auto store = open_store();
    const auto grants = flags.commands.grants();
    return time_of_source(place.name, place.checksum, {store, grants});
  };
  return options;
}

/// A plan for CMake is about edges alone: values are read when the first edge
/// plans again, with generator expressions evaluated.
PlanOptions PlanCommand::options() const {
  if (emit != "cmake") return flags.options();
  auto known = flags;
  const auto drop = [](std::vector<std::string>& values) {
    std::erase_if(values, has_generator_expression);
  };
  drop(known.tags);
  drop(known.labels);
  drop(known.annotations);
  drop(known.build_args);
  return known.options();
}

EdgeOptions PlanCommand::edge_options() const {
  EdgeOptions options;
  options.dockerfile = as.empty() ? flags.dockerfile() : as;
  options.directory = directory;
  options.layout = layout.empty() ? directory + "/image" : layout;
  options.digest_file = digest_file;
  options.image_name = name;
  options.plan_arguments = flags.arguments();
  options.run_arguments = flags.commands.arguments();
  // Refused here rather than by every edge.
  (void)flags.cache.parsed_sources();
  (void)flags.cache.parsed_targets();
  options.layer_arguments = flags.cache.arguments();
  options.image_arguments = checks.arguments();
  if (!mirror.empty()) options.fetch_arguments = {"--registry-mirror=" + mirror};
  options.context = flags.context;
  options.lock = flags.lock;
  for (const auto& input : inputs) {
    const auto equals = input.rfind('=');
    if (equals == std::string::npos) {
      throw Error(Errc::usage,
                  fmt::format("--input '{}' is not of the form SOURCE=FILE", printable(input)));
    }
    options.inputs.emplace_back(input.substr(0, equals), input.substr(equals + 1));
  }
  return options;
}

NinjaFile PlanCommand::ninja_file() const {
  NinjaFile file;
  std::error_code no_proc;  // in a bare chroot; then it has to be in the PATH
  file.program = std::filesystem::read_symlink("/proc/self/exe", no_proc).native();
  if (no_proc) file.program = "slipway";
  if (!output.empty()) file.path = output;
  file.dockerfile = flags.dockerfile();
  file.command = {"plan",  "--emit",  "ninja", "-f",     flags.dockerfile(),
                  "--dir", directory, "-o",    file.path};
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) file.command.insert(file.command.end(), {flag, value});
  };
  add("--layout", layout);
  add("--digest-file", digest_file);
  for (const auto& input : inputs) add("--input", input);
  add("--registry-mirror", mirror);
  for (auto& argument : checks.arguments()) file.command.push_back(std::move(argument));
  for (auto& argument : flags.arguments()) file.command.push_back(std::move(argument));
  file.command.push_back(flags.context);
  return file;
}

void PlanCommand::print(const std::string& text) const {
  if (output.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);  // it may be large: no copy
  } else {
    // Ninja must see that the file is newer than the Dockerfile, changed or not.
    AtomicFile file(output);
    file.write(text);
    std::move(file).commit();
  }
}

void PlanCommand::run() const {
  // Which edges there are does not depend on it: their first one reads it.
  const bool makes_edges = emit == "cmake" || emit == "ninja";
  const auto plan = plan_dockerfile(flags.dockerfile(), with_times(options(), flags),
                                    makes_edges ? std::string() : flags.lock);
  if (emit == "steps") return write_plan(plan, directory);
  if (emit == "ninja") return print(to_ninja(make_edges(plan, edge_options()), ninja_file()));
  if (emit == "cmake") return print(to_cmake(make_edges(plan, edge_options())));
  if (emit == "dot") return print(to_dot(plan));
  print(to_json(plan));
}

/// `explain`: why each step would run, or that it would not.
void explain(const PlanFlags& flags, std::string directory, const std::string& only) {
  const auto store = open_store();
  const auto plan =
      plan_dockerfile(flags.dockerfile(), with_times(flags.options(), flags), flags.lock);
  if (directory.empty()) directory = build_directory(store, flags);
  const StepIndex steps(plan);
  BuildContext context{store, directory};
  context.steps = &steps;
  bool found = false;
  for (const auto& step : plan.steps) {
    if (!only.empty() && step.id != only) continue;
    found = true;
    const auto reasons = explain_step(step, context);
    fmt::print("{} {}: {}\n", step.id, title_of(step),
               reasons.empty() ? "up to date" : "would run");
    for (const auto& reason : reasons) fmt::print("  {}\n", reason);
  }
  if (!found && !only.empty()) {
    std::vector<std::string> ids;
    for (const auto& step : plan.steps) ids.push_back(step.id);
    throw Error(Errc::usage, fmt::format("no step '{}'", printable(only)))
        .with_hint(did_you_mean(only, ids));
  }
}

}  // namespace

void add_plan_commands(Command& program, Session&) {
  auto command = std::make_shared<PlanCommand>();
  auto plan = program.add("plan", "Turn a Dockerfile into build edges");
  command->flags.add_to(plan);
  plan.choice("--emit", command->emit, emit_kinds, "ninja, cmake, json, dot or steps [json]");
  plan.option("--dir", command->directory, "Where the steps' files go [.slipway]", {"DIR"});
  plan.option("--layout", command->layout, "Where the image goes [DIR/image]", {"DIR"});
  plan.option("--digest-file", command->digest_file, "A file for the manifest's digest", {"FILE"});
  plan.repeatable("--input", command->inputs, "SOURCE=FILE: what copies SOURCE depends on FILE");
  plan.option("--registry-mirror", command->mirror,
              "For the edges: where images of docker.io are tried first", {"HOST"});
  command->checks.add_to(plan);
  plan.option("--as", command->as, "The Dockerfile's path when the edges run", {"FILE"});
  plan.option("--name", command->name, "The image's name in the edges' comments");
  plan.option("-o,--output", command->output, "Write there instead of to standard output",
              {"FILE"});
  plan.action([command] { command->run(); });

  struct Explain {
    PlanFlags flags = {};
    std::string directory = {};
    std::string step = {};
  };
  auto request = std::make_shared<Explain>();
  auto why = program.add("explain", "Say why each step would run");
  request->flags.add_to(why);
  why.option("--dir", request->directory, "The steps' files of a Ninja or CMake build", {"DIR"});
  why.option("--step", request->step, "Only this step", {"ID"});
  why.action([request] { explain(request->flags, request->directory, request->step); });
}

}  // namespace slipway::cli
