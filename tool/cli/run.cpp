#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "build/rootfs.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/container.hpp"
#include "run/sandbox.hpp"

namespace slipway::cli {
namespace {

struct RunCommand {
  RunSettings settings = {};
  std::vector<std::string> env_files = {};
  std::string user = {};
  std::string hostname = {};
  std::string name = {};
  std::string platform = Platform::host().str();

  int run(std::vector<std::string> words) {
    if (words.empty())
      throw Error(Errc::usage, "run: no image given").with_hint("see 'slipway run --help'");
    const std::string image_name = words.front();
    settings.command.assign(words.begin() + 1, words.end());
    read_env_files();

    const Store store = Store::open(Store::default_path());
    const LocatedImage image =
        bring_into_store(find_image(image_name, store, Platform::parse(platform), BareName::of_registry), store).image;
    if (available_isolation() == Isolation::chroot) {
      fmt::print(stderr, "slipway: note: '/' is no mount point here, so the container gets no /proc and no mounts\n");
    }
    const TempDir scratch(store.folder("containers"), "run-");
    return slipway::run(sandbox(image, store, scratch.path())).status;
  }

  Sandbox sandbox(const LocatedImage& image, const Store& store,
                  const std::filesystem::path& scratch) const {
    const ContainerConfig& config = image.config.config;
    const std::string& wanted_user = user.empty() ? config.user : user;
    const View view = view_of(layers_of(image), store);
    const Owner owner = find_owner(wanted_user, view, LoneUser::own_group);
    Sandbox sandbox{.trees = {unpacked_tree(image, store)}};
    sandbox.scratch = scratch;
    sandbox.argv = container_argv(config, settings);
    sandbox.uid = owner.uid;
    sandbox.gid = owner.gid;
    if (!name.empty()) sandbox.hostname = name;
    if (!hostname.empty()) sandbox.hostname = hostname;
    sandbox.env = container_env(config, settings, home_of(owner, view), sandbox.hostname);
    sandbox.working_dir = working_dir(config);
    return sandbox;
  }

  std::string working_dir(const ContainerConfig& config) const {
    const std::string& wanted =
        settings.working_dir.empty() ? config.working_dir : settings.working_dir;
    return "/" + clean_path(wanted);
  }

  /// What --env sets comes after, and wins.
  void read_env_files() {
    std::vector<std::string> all;
    for (const std::string& path : env_files) {
      for (std::string& line : parse_env_file(read_file(path), path))
        all.push_back(std::move(line));
    }
    settings.env.insert(settings.env.begin(), all.begin(), all.end());
  }
};

void add_options(Command& run, RunCommand& command) {
  RunSettings& settings = command.settings;
  run.repeatable("-e,--env", settings.env, "A variable; without a value, our own", {"K[=V]"});
  run.repeatable("--env-file", command.env_files, "A file of such lines (repeatable)", {"FILE"});
  run.option("-w,--workdir", settings.working_dir, "Working directory", {"DIR"});
  run.option("-u,--user", command.user, "User or id, and group", {"USER[:GROUP]"});
  run.option_function(
      "--entrypoint", [&settings](const std::string& text) { settings.entrypoint = text; },
      "Instead of the image's; \"\" for none", {"PROGRAM"});
  run.option("--hostname", command.hostname, "Host name inside", {"NAME"});
  run.option("--name", command.name, "The container's name; also its host name", {"NAME"});
  run.option("--platform", command.platform, "Of an index, which image", {"OS/ARCH"});
  // Always so; accepted because fingers know them.
  run.ignored_flag("--rm", "Nothing is kept (always so)");
  run.ignored_flag("-i,--interactive", "The standard input is passed on (always so)");
  run.ignored_flag("-t,--tty", "The terminal is passed on (always so)");
}

}  // namespace

void add_run_command(Command& program, Session& session) {
  auto command = std::make_shared<RunCommand>();
  auto run = program.add("run", "Run a command in an image: run [OPTIONS] IMAGE [COMMAND...]");
  add_options(run, *command);
  run.pass_rest();  // all that follows the image is the container's
  run.action([command, run, &session] { session.status = command->run(run.rest()); });
}

}  // namespace slipway::cli
