#include "build/run_step.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/blame.hpp"
#include "build/command_log.hpp"
#include "build/kept_root.hpp"
#include "build/rootfs.hpp"
#include "build/run_mounts.hpp"
#include "build/shared_results.hpp"
#include "build/step_chain.hpp"
#include "build/trees.hpp"
#include "layer/changes.hpp"
#include "plan/emit.hpp"
#include "store/scratch_folder.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace df = dockerfile;
namespace {

/// A RUN with everything known that its result depends on.
struct RunInputs {
  Scene scene;
  RunWords words;
  std::vector<RunVariable> environment;
  std::vector<Layer> below;
  RunMounts mounts;

  const df::Run& run() const { return std::get<df::Run>(scene.instruction.body); }
};

RunInputs prepare_command(const Step& step, const BuildContext& context) {
  auto scene = set_scene(step, context);
  auto words = scene.state.expand_run(std::get<df::Run>(scene.instruction.body));
  auto environment = scene.state.run_environment();
  auto below = require_layers(chain_of(step.beneath, context), context);
  RunMounts mounts(step, scene, context);
  return {std::move(scene), std::move(words), std::move(environment), std::move(below),
          std::move(mounts)};
}

/// The volumes in which the command changes nothing.
std::set<std::string> kept_volumes(const Scene& scene, const Step& step) {
  if (!step.script.compat_volumes) return {};
  return scene.state.config().volumes;
}

/// All that the layer is a function of, but for the mounts' contents.
std::vector<std::string> key_lines(const RunInputs& command, const Step& step) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view name, std::string_view value) {
    lines.push_back(fmt::format("{}\t{}", name, escaped(value)));
  };
  add("compression", step.compression.str());
  add("format", step.format == ImageFormat::docker ? "docker" : "oci");
  add("epoch", std::to_string(step.script.epoch));
  // One line for all: each RUN of a long stage has more of them than the one before.
  Sha256 below;
  for (const auto& layer : command.below) below.update(layer.diff_id.str() + '\n');
  add("layers beneath", fmt::format("{} {}", command.below.size(), below.finish()));
  for (std::size_t i = 0; i < command.words.arguments.size(); ++i) {
    add(fmt::format("word {} of the command", i + 1), command.words.arguments[i]);
  }
  if (!command.words.script.empty()) add("script", command.words.script);
  for (const auto& variable : command.environment) {
    if (variable.in_key) add(fmt::format("variable {}", escaped(variable.name)), variable.value);
  }
  const auto& config = command.scene.state.config();
  add("user", config.user);
  add("directory", config.working_dir);
  add("network", step.network == "none" ? "none" : "host");
  if (step.hostname != default_hostname) add("host name", step.hostname);
  add("security", command.run().security);
  for (const auto& volume : kept_volumes(command.scene, step)) add("volume", volume);
  return lines;
}

Record record_of(const RunInputs& command, const Step& step, std::int64_t asked_ns) {
  Record record;
  record.lines.push_back("instruction\t" + escaped(step.instruction.text));
  std::ranges::move(key_lines(command, step), std::back_inserter(record.lines));
  hide_credentials(record);
  std::ranges::move(command.mounts.lines(), std::back_inserter(record.lines));
  if (auto racy = racy_line(command.mounts.changed_ns(), asked_ns))
    record.lines.push_back(std::move(*racy));
  return record;
}

std::string key_of(const RunInputs& command, const Step& step, Rights rights) {
  std::string text =
      "slipway-run 1" + rights_suffix(rights == Rights::ranges ? Rights::root : rights);
  for (const auto& line : key_lines(command, step)) text += '\n' + line;
  for (const auto& line : command.mounts.content_lines()) text += '\n' + line;
  return sha256_hex(text);
}

/// What other builds left under the key, if its blob is still there.
std::optional<Layer> find_result(const fs::path& path, const Store& store) {
  const auto text = read_file_if_exists(path);
  if (!text) return std::nullopt;
  try {
    const auto result = parse_step_result(*text);
    if (result.layers.size() == 1 && store.blobs().contains(result.layers.front().blob))
      return result.layers.front();
  } catch (const Error&) {
    // Damaged: as if it were not there.
  }
  return std::nullopt;
}

/// The reason why the build stops, at the RUN, in the form of a diagnostic.
Error command_failed(const Step& step, int status, const CommandLog& log, const std::string& kept) {
  Diagnostic diagnostic;
  diagnostic.span = {step.instruction.line, 1, 3};
  diagnostic.message = status > 128
                           ? fmt::format("the command was killed by signal {}", status - 128)
                           : fmt::format("the command exited with status {}", status);
  diagnostic.hint = fmt::format("look inside with: slipway shell {}\n     its output is in {}",
                                kept, log.path().native());
  auto source = source_of(step.script);
  if (!step.script.origin.empty()) {
    diagnostic.message =
        fmt::format("RUN of line {}: {}", step.instruction.line, diagnostic.message);
    diagnostic.span = {};
    source = {step.script.origin, {}};
  }
  return Error(Errc::command, log.end_for_reader() + render(diagnostic, source)).as_rendered();
}

/// The clock that files' times are taken from.
std::int64_t file_clock_ns() {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

class CommandRunner {
 public:
  CommandRunner(RunInputs& command, const Step& step, const BuildContext& context, Rights rights)
      : command_(command),
        step_(step),
        context_(context),
        rights_(rights),
        rootfs_(open_rootfs(command.below, context.store, rights)),
        scratch_(context.store, "step-") {}

  Layer run() {
    CommandLog log(step_.id, context_);
    auto sandbox = make_sandbox();
    sandbox.input = Input::none;
    sandbox.output = [&](std::string_view text) { log.write(text); };
    const auto result = run_there(sandbox);
    const auto name = kept_root_name(step_, context_.directory);
    if (result.status != 0) {
      sandbox.env = own_environment_;
      keep_root(name, sandbox, result, context_.store);
      throw command_failed(step_, result.status, log, name);
    }
    drop_root(name, context_.store);
    command_.mounts.share_caches(rights_);
    return pack_changes(result);
  }

 private:
  /// Programs of another machine run where an emulator is set up for them.
  SandboxResult run_there(const Sandbox& sandbox) const {
    const auto& [os, architecture, variant] = step_.platform;
    const auto host = Platform::host();
    try {
      return slipway::run(sandbox);
    } catch (const Error& error) {
      const bool is_foreign = os != host.os || architecture != host.architecture;
      if (!(error.code() == Errc::no_program || error.code() == Errc::bad_program) || !is_foreign)
        throw;
      throw Error(error.code(), error.what())
          .with_hint(fmt::format(
              "this stage is for {} and this machine is {}: compile in a stage FROM "
              "--platform=$BUILDPLATFORM, or install an emulator (Debian: qemu-user-binfmt)",
              step_.platform.str(), host.str()));
    }
  }

  Sandbox make_sandbox() {
    const auto& config = command_.scene.state.config();
    const auto owner =
        config.user.empty() ? Owner{} : find_owner(config.user, rootfs_.view, LoneUser::own_group);
    Sandbox sandbox;
    sandbox.trees = rootfs_.trees;
    sandbox.copy_trees = [this](const fs::path& root) {
      unpack_layers(command_.below, context_.store, root, rights_);
      copied_at_ns_ = file_clock_ns();
    };
    sandbox.scratch = scratch_.path();
    sandbox.argv = command_.words.arguments;
    for (const auto& variable : command_.environment)
      set_env(sandbox.env, variable.name, variable.value);
    if (!get_env(sandbox.env, "HOME")) set_env(sandbox.env, "HOME", home_of(owner, rootfs_.view));
    sandbox.working_dir = absolute_path("/", config.working_dir);
    sandbox.uid = owner.uid;
    sandbox.gid = owner.gid;
    sandbox.groups = groups_of(config.user.empty() ? "0" : config.user, rootfs_.view);
    sandbox.remembers_owners = rights_ == Rights::single_id;
    sandbox.hostname = step_.hostname;
    sandbox.limits = context_.conditions.limits;
    sandbox.shm_size = context_.conditions.shm_size;
    sandbox.isolation = context_.conditions.isolation;
    sandbox.hosts_file = write_hosts();
    sandbox.hosts_target = '/' + rootfs_.view.resolve("etc/hosts", true).path;
    sandbox.resolv_conf_target = '/' + rootfs_.view.resolve("etc/resolv.conf", true).path;
    sandbox.network = step_.network == "none" ? Network::none : Network::host;
    sandbox.all_capabilities = command_.run().security == "insecure";
    sandbox.may_gain_privileges = true;
    own_environment_ = sandbox.env;
    keep_volumes(sandbox);
    command_.mounts.furnish(sandbox, scratch_.path(), rights_);
    add_script(sandbox);
    return sandbox;
  }

  /// Over each a mount of what it is, whose changes go with it.
  void keep_volumes(Sandbox& sandbox) const {
    for (const auto& volume : kept_volumes(command_.scene, step_)) {
      const auto found = rootfs_.view.resolve(volume, true);
      if (found.node == nullptr || found.path.empty()) continue;  // nothing, or "/"
      SandboxMount kept{.kind = SandboxMount::Kind::overlay, .target = '/' + found.path};
      kept.is_file = found.node->entry.type != EntryType::directory;
      kept.read_only = false;
      kept.source = found.path;
      kept.trees = rootfs_.trees;
      sandbox.mounts.push_back(std::move(kept));
    }
  }

  fs::path write_hosts() const {
    const auto path = scratch_.path() / "hosts";
    auto text = fmt::format("127.0.0.1\tlocalhost {}\n::1\tlocalhost ip6-localhost ip6-loopback\n",
                            step_.hostname);
    for (const auto& host : context_.conditions.hosts)
      text += fmt::format("{}\t{}\n", host.address, host.name);
    write_file_if_changed(path, text);
    return path;
  }

  void add_script(Sandbox& sandbox) const {
    if (command_.words.script.empty()) return;
    const auto folder = scratch_.path() / "pipes";
    make_directories(folder);
    const auto file = folder / command_.words.script_name;
    write_file_if_changed(file, command_.words.script);
    fs::permissions(folder, fs::perms(0755));
    fs::permissions(file, fs::perms(0755));
    sandbox.mounts.push_back({.source = folder, .target = std::string(script_directory)});
  }

  Layer pack_changes(const SandboxResult& result) const {
    ChangedTree tree;
    tree.kind = result.is_copy ? ChangedTree::Kind::whole : ChangedTree::Kind::overlay;
    tree.path = result.changes;
    tree.copied_at_ns = copied_at_ns_;
    tree.mount_points = result.mount_points;
    tree.owners_unknown = rights_ == Rights::single_id;
    tree.links = result.links;
    tree.epoch = step_.script.epoch;
    const auto items = list_changes(tree, rootfs_.view);
    return pack(items, {step_.compression, step_.format}, context_.store).layer;
  }

  RunInputs& command_;
  const Step& step_;
  const BuildContext& context_;
  Rights rights_;
  Rootfs rootfs_;
  ScratchFolder scratch_;
  std::vector<std::string> own_environment_ =
      {};  ///< without what mounts put there, such as secrets
  std::int64_t copied_at_ns_ = 0;
};

}  // namespace

CommandLayer make_command_layer(const Step& step, const BuildContext& context) {
  const auto asked_ns = now_ns();
  auto command = prepare_command(step, context);
  CommandLayer made{{}, false, record_of(command, step, asked_ns), command.mounts.read()};
  const auto old_record = read_file_if_exists(step_files(context.directory, step.id).record);
  if (old_record && *old_record == made.record.text()) {
    if (const auto usable = usable_result(step.id, context)) {
      if (is_shared(step, context))
        share(step, key_of(command, step, become_root()), usable->layers.front(), context);
      return made;
    }
  }

  const auto rights = become_root();
  const auto results = context.store.folder("results");
  const auto name = key_of(command, step, rights);
  // Equal commands run once: who comes second waits, and finds the result.
  const FileLock lock(results / (name + ".lock"), FileLock::Mode::exclusive);
  if (!context.fresh.contains(step.id)) made.layer = find_result(results / name, context.store);
  if (!made.layer) {
    made.layer = find_shared(step, name, context);
    if (!made.layer) {
      made.layer = CommandRunner(command, step, context, rights).run();
      made.has_run = true;
    }
    write_file_if_changed(results / name, serialise(StepResult{{*made.layer}, {}}),
                          context.store.folder("tmp"));
  }
  share(step, name, *made.layer, context);
  return made;
}

Record command_record(const Step& step, const BuildContext& context) {
  const auto asked_ns = now_ns();
  return record_of(prepare_command(step, context), step, asked_ns);
}

}  // namespace slipway
