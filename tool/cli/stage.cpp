#include <fcntl.h>
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "base/error.hpp"
#include "build/rootfs.hpp"
#include "build/run_mounts.hpp"
#include "build/scene.hpp"
#include "build/stage_folder.hpp"
#include "build/staging.hpp"
#include "build/step.hpp"
#include "build/step_chain.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "registry/remote_blobs.hpp"
#include "store/store.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr auto required = Need::required;

void add_output(Command& command, StageOutput& output) {
  command.option("--into", output.into, "The directory to fill", {"DIR", required});
  command.option("--stamp", output.stamp, "Written when what is staged changes",
                 {"FILE", required});
  command.option("--depfile", output.depfile, "What the stamp depends on", {"FILE", required});
}

Strip strip_of(std::string_view word) {
  using enum Strip;
  if (word == "on") return on;
  if (word == "to-link") return to_link;
  return word == "to-debug" ? to_debug : off;
}

void add_debug_tools(Command& command, DebugTools& tools) {
  command.option("--objcopy", tools.objcopy, "The toolchain's objcopy", {"FILE"});
  command.option("--dwp", tools.dwp, "The toolchain's dwp, for split DWARF", {"FILE"});
}

void add_install(Command& stage) {
  auto request = std::make_shared<InstallStage>();
  auto command = stage.add("install", "Stage install components");
  command.option("--script", request->script, "A cmake_install.cmake", {"FILE", required});
  command.list("--component", request->components, "What to install", {"NAME", required});
  command.flag("--local-only", request->local_only, "Not what subdirectories install");
  command.option("--config", request->configuration, "Build configuration", {"NAME"});
  const auto strip = std::make_shared<std::string>("off");
  command.choice("--strip", *strip, {"off", "on", "to-link", "to-debug"},
                 "Strip programs and libraries; 'to-link': with a link to their debug "
                 "information; 'to-debug': stage that alone");
  add_debug_tools(command, request->debug_tools);
  command.option("--prefix", request->prefix, "Where relative destinations lie [/usr]", {"DIR"});
  command.option("--cmake", request->cmake, "The cmake to run the script", {"FILE"});
  command.list("--require", request->required, "Files that have to be installed", {"FILE"});
  command.flag("--trace", request->trace, "Depend on the files that are installed");
  add_output(command, request->output);
  command.action([request, strip] {
    request->strip = strip_of(*strip);
    stage_install(*request);
  });
}

/// The groups as they stand on the command line: each --destination ends one.
std::vector<FilesStage::Group> groups_of(const Command& command) {
  std::vector<FilesStage::Group> groups;
  std::vector<FilesStage::Group> open;
  for (const auto& [name, value] : command.ordered_values()) {
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

void add_files(Command& stage) {
  auto request = std::make_shared<FilesStage>();
  auto command = stage.add("files", "Stage files and directories");
  command.ordered("--files", "Files for the next --destination", {"FILE"});
  command.ordered("--directory", "Directories for it; with / at the end: what they hold", {"DIR"});
  command.ordered("--destination", "Directory in the image", {"DIR"});
  add_output(command, request->output);
  command.action([request, command] {
    request->groups = groups_of(command);
    stage_files(*request);
  });
}

/// The step that a .layer file belongs to, among its like.
struct StepPlace {
  BuildContext context;
  std::string id = {};
};

StepPlace place_of(const fs::path& file, const Store& store) {
  const auto directory = file.parent_path();
  return {{store, directory.empty() ? "." : directory}, file.stem().native()};
}

void add_split(Command& stage) {
  auto request = std::make_shared<SplitStage>();
  const auto strip = std::make_shared<std::string>("to-link");
  const auto of_step = std::make_shared<fs::path>();
  auto command = stage.add("split", "Stage folders that a command of a build has filled, stripped");
  command.choice("--strip", *strip, {"to-link", "to-debug"},
                 "'to-link' [default]: with a link to debug information; 'to-debug': that alone");
  add_debug_tools(command, request->debug_tools);
  command.option("--of-step", *of_step, "The .layer file of the command", {"FILE", required});
  command.list("folders", request->folders, "In its layer", {"DIR"});
  add_output(command, request->output);
  command.action([request, strip, of_step] {
    request->strip = strip_of(*strip);
    const auto store = Store::open(Store::default_path());
    const auto [context, id] = place_of(*of_step, store);
    const auto result = require_results({id}, context).front();
    stage_split(*request, result.layers.front(), store, *of_step);
  });
}

struct ClosureCommand {
  ClosureStage stage = {};
  std::string policy = "missing";
  std::vector<std::string> base = {};
  fs::path of_step = {};

  void run() {
    stage.policy = policy == "all" ? ClosurePolicy::all : ClosurePolicy::missing;
    const auto store = open_store();
    std::vector<Layer> layers;
    for (const auto& file : base) {
      const auto [context, id] = place_of(file, store);
      for (const auto& result : require_results({id}, context)) {
        layers.insert(layers.end(), result.layers.begin(), result.layers.end());
      }
    }
    const auto view = view_of(layers, store);
    std::vector<fs::path> read(base.begin(), base.end());
    if (of_step.empty()) return stage_closure(stage, view, read);
    read.push_back(of_step);
    run_in_image(store, view, read);
  }

 private:
  void run_in_image(const Store& store, const View& view, const std::vector<fs::path>& read) {
    const auto [context, id] = place_of(of_step, store);
    const StageFolder folder(require_layers(chain_of(id, context), context), store);
    stage.of_image = true;
    stage.output.origins_root = folder.path();
    stage.sysroot = folder.path();
    for (auto* files : {&stage.files, &stage.plugins}) {
      for (auto& file : *files) file = folder.path() / file.relative_path();
    }
    stage_closure(stage, view, read);
  }
};

void add_closure(Command& stage) {
  auto request = std::make_shared<ClosureCommand>();
  auto& values = request->stage;
  auto command = stage.add("closure", "Stage the shared libraries of programs");
  command.choice("--policy", request->policy, {"missing", "all"},
                 "'missing' in the base [default], or 'all'");
  command.list("--base", request->base, "A .layer file beneath; lowest first", {"FILE"});
  command.list("--library-directory", values.library_directories, "Search here too", {"DIR"});
  command.option("--sysroot", values.sysroot, "Where the loader's directories lie [/]", {"DIR"});
  command.option_function("--library-dir",
                          [&values](const std::string& text) { values.library_dir = text; },
                          "Where libraries go in the image", {"DIR"});
  command.list("--provided", values.provided, "Libraries that other layers bring", {"SONAME"});
  command.list("--open", values.opened, "Libraries that programs open by name", {"SONAME"});
  command.list("--plugin", values.plugins, "Files or directories that they open by path", {"FILE"});
  command.flag("--loader-cache", values.loader_cache, "Write /etc/ld.so.cache, too");
  command.option("--of-step", request->of_step, "All is in the image that this .layer file ends",
                 {"FILE"});
  command.option("--origins", values.output.origins, "A file for where each library comes from",
                 {"FILE"});
  command.list("files", values.files, "Programs and libraries, or directories of them", {"FILE"});
  add_output(command, values.output);
  command.action([request] { request->run(); });
}

void add_skeleton(Command& stage) {
  auto request = std::make_shared<SkeletonStage>();
  auto command = stage.add("skeleton", "Stage directories, users and name service of a system");
  command.list("--user", request->users, "<name>:<uid>[:<gid>[:<home>[:<shell>]]]", {"USER"});
  command.list("--group", request->groups, "<name>:<gid>[:<member>,...]", {"GROUP"});
  command.option("--sysroot", request->sysroot, "The system at hand [/]", {"DIR"});
  add_output(command, request->output);
  command.action([request] { stage_skeleton(*request); });
}

void add_home(Command& stage) {
  auto request = std::make_shared<HomeStage>();
  auto command = stage.add("home", "Stage an empty directory that is its owner's alone");
  command.option("--name", request->name, "Its name", {"NAME", required});
  add_output(command, request->output);
  command.action([request] { stage_home(*request); });
}

void add_data(Command& stage) {
  auto request = std::make_shared<DataStage>();
  auto command = stage.add("data", "Stage certificates, time zones and locales");
  command.list("data", request->data, "ca-certificates, tzdata, locale:<name>", {"WORD"});
  command.option("--sysroot", request->sysroot, "The system at hand [/]", {"DIR"});
  add_output(command, request->output);
  command.action([request] { stage_data(*request); });
}

struct SourcesCommand {
  SourcesStage stage = {};
  std::string cache = {};
  std::string list = {};

  void run() {
    if (!cache.empty()) {
      const auto folder = find_cache(cache, open_store());
      if (folder) stage.read_list = read_below(*folder);
    }
    stage_sources(stage);
  }

 private:
  /// What commands left there must not lead anywhere else.
  std::optional<std::string> read_below(const fs::path& folder) const {
    const auto file = open_in_root(open_file(folder, O_PATH | O_DIRECTORY), list, O_RDONLY);
    if (!file) return std::nullopt;
    return read_file_if_exists(fmt::format("/proc/self/fd/{}", file->get()));
  }
};

void add_sources(Command& stage) {
  auto request = std::make_shared<SourcesCommand>();
  auto command = stage.add("sources", "Stage a project's sources for a compile in an image");
  command.option("--directory", request->stage.directory, "The source directory",
                 {"DIR", required});
  command.list("--exclude", request->stage.excluded, "A directory below it to leave out", {"DIR"});
  command.option("--cache", request->cache, "The id of the cache mount that the compile builds in",
                 {"ID"});
  command.option("--read-list", request->list, "A file in that cache: what the compile read",
                 {"PATH"});
  add_output(command, request->stage.output);
  command.action([request] { request->run(); });
}

}  // namespace

void add_stage_commands(Command& program, Session&) {
  auto stage =
      program.add("stage", "Fill an image's context (used by the CMake module)", edge_group);
  stage.require_command();
  add_install(stage);
  add_split(stage);
  add_files(stage);
  add_closure(stage);
  add_skeleton(stage);
  add_home(stage);
  add_data(stage);
  add_sources(stage);
}

}  // namespace slipway::cli
