#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "build/rootfs.hpp"
#include "build/staging.hpp"
#include "build/step.hpp"
#include "cli/commands.hpp"
#include "store/store.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr auto group = "Run by build edges";

void add_output(CLI::App& command, StageOutput& output) {
  command.add_option("--into", output.into, "The directory to fill")->required()->type_name("DIR");
  command.add_option("--stamp", output.stamp, "Written when what is staged changes")
      ->required()
      ->type_name("FILE");
  command.add_option("--depfile", output.depfile, "What the stamp depends on")
      ->required()
      ->type_name("FILE");
}

void add_install(CLI::App& stage) {
  auto request = std::make_shared<InstallStage>();
  auto* command = stage.add_subcommand("install", "Stage install components");
  command->add_option("--script", request->script, "A cmake_install.cmake")
      ->required()
      ->type_name("FILE");
  command->add_option("--component", request->components, "What to install")
      ->required()
      ->type_name("NAME");
  command->add_flag("--local-only", request->local_only, "Not what subdirectories install");
  command->add_option("--config", request->configuration, "Build configuration")->type_name("NAME");
  command->add_flag("--strip", request->strip, "Strip programs and libraries");
  command->add_option("--prefix", request->prefix, "Where relative destinations lie [/usr]")
      ->type_name("DIR");
  command->add_option("--cmake", request->cmake, "The cmake to run the script")->type_name("FILE");
  command->add_option("--require", request->required, "Files that have to be installed")
      ->type_name("FILE");
  command->add_flag("--trace", request->trace, "Depend on the files that are installed");
  add_output(*command, request->output);
  command->callback([request] { stage_install(*request); });
}

/// The groups as they stand on the command line: each --destination ends one.
std::vector<FilesStage::Group> groups_of(const CLI::App& command) {
  std::vector<FilesStage::Group> groups;
  std::vector<FilesStage::Group> open;
  std::map<const CLI::Option*, std::size_t> used;
  for (const auto* option : command.parse_order()) {
    const auto& value = option->results().at(used[option]++);
    const auto name = option->get_lnames().front();
    if (name == "files" || name == "directory") {
      const bool is_directory = name == "directory";
      if (open.empty() || open.back().is_directory != is_directory) {
        open.push_back({.is_directory = is_directory});
      }
      open.back().sources.push_back(value);
    } else if (name == "destination") {
      if (open.empty())
        throw Error(Errc::usage, "--destination comes after --files or --directory");
      for (auto& finished : open) {
        finished.destination = value;
        groups.push_back(std::move(finished));
      }
      open.clear();
    }
  }
  if (!open.empty())
    throw Error(Errc::usage, "--files and --directory need a --destination after them");
  return groups;
}

void add_files(CLI::App& stage) {
  auto request = std::make_shared<FilesStage>();
  auto* command = stage.add_subcommand("files", "Stage files and directories");
  // Only their order is asked for (groups_of); each may come several times.
  const auto add = [&](const std::string& name, const std::string& help, const std::string& type) {
    command->add_option(name, help)
        ->type_name(type)
        ->expected(1, CLI::detail::expected_max_vector_size);
  };
  add("--files", "Files for the next --destination", "FILE");
  add("--directory", "Directories for it; with / at the end: what they hold", "DIR");
  command->add_option("--destination", "Directory in the image")->type_name("DIR")->take_all();
  add_output(*command, request->output);
  command->callback([request, command] {
    request->groups = groups_of(*command);
    stage_files(*request);
  });
}

struct ClosureCommand {
  ClosureStage stage = {};
  std::string policy = "missing";
  std::vector<std::string> base = {};

  void run() {
    stage.policy = policy == "all" ? ClosurePolicy::all : ClosurePolicy::missing;
    const auto store = Store::open(Store::default_path());
    std::vector<Layer> layers;
    for (const auto& file : base) {
      const auto directory = fs::path(file).parent_path();
      const BuildContext context{store, directory.empty() ? "." : directory};
      for (const auto& result : require_results({fs::path(file).stem().native()}, context)) {
        layers.insert(layers.end(), result.layers.begin(), result.layers.end());
      }
    }
    stage_closure(stage, view_of(layers, store), {base.begin(), base.end()});
  }
};

void add_closure(CLI::App& stage) {
  auto request = std::make_shared<ClosureCommand>();
  auto& values = request->stage;
  auto* command = stage.add_subcommand("closure", "Stage the shared libraries of programs");
  command->add_option("--policy", request->policy, "'missing' in the base [default], or 'all'")
      ->check(CLI::IsMember({"missing", "all"}))
      ->type_name("");
  command->add_option("--base", request->base, "A .layer file beneath; lowest first")
      ->type_name("FILE");
  command->add_option("--library-directory", values.library_directories, "Search here too")
      ->type_name("DIR");
  command->add_option("--sysroot", values.sysroot, "Where the loader's directories lie [/]")
      ->type_name("DIR");
  command->add_option("--library-dir", values.library_dir, "Where libraries go in the image")
      ->type_name("DIR");
  command->add_option("--provided", values.provided, "Libraries that other layers bring")
      ->type_name("SONAME");
  command->add_option("files", values.files, "Programs and libraries")->type_name("FILE");
  add_output(*command, values.output);
  command->callback([request] { request->run(); });
}

}  // namespace

void add_stage_commands(CLI::App& app, Session&) {
  auto* stage = app.add_subcommand("stage", "Fill an image's context (used by the CMake module)");
  stage->group(group)->require_subcommand(1);
  add_install(*stage);
  add_files(*stage);
  add_closure(*stage);
}

}  // namespace slipway::cli
