#include "build/run_mounts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/base_contents.hpp"
#include "build/copy_source.hpp"
#include "build/key_agent.hpp"
#include "build/record.hpp"
#include "build/shared_mounts.hpp"
#include "build/trees.hpp"
#include "dockerfile/mount.hpp"
#include "layer/file_entry.hpp"
#include "layer/metadata.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace df = dockerfile;
namespace {

constexpr std::uint32_t cache_mode = 0755;
constexpr std::uint32_t secret_mode = 0400;

/// What a bind shows: a file, or a directory with all that it holds.
struct BoundSource {
  std::unique_ptr<CopySource> reader = {};
  std::string context = {};  ///< empty: the layers
  std::vector<Layer> layers = {};
  SourceNode top = {};
  std::vector<SourceNode> nodes = {};  ///< top first, parents before children
  bool is_filtered = false;            ///< some of the directory is not to be seen
};

struct PlannedMount {
  df::MountOptions options = {};
  std::string target = {};
  std::optional<BoundSource> source = {};  ///< bind
  std::vector<Layer> seed = {};            ///< cache: what it starts with
};

std::string absolute_target(const df::MountOptions& options, const std::string& working_dir) {
  auto target = absolute_path(working_dir, options.target);
  if (target == "/") throw Error(Errc::input, "mount on '/': a mount needs a directory of its own");
  return target;
}

/// The secret's id, as BuildKit finds it.
std::string secret_id(const df::MountOptions& options) {
  if (!options.source.empty()) return options.source;
  if (!options.id.empty()) return options.id;
  return std::string(base_name(options.target));
}

/// Of the folder in the store. Owners in it are those of who uses it.
std::string cache_name(const std::string& id, Rights rights) {
  return sha256_hex(id).substr(0, 32) + rights_suffix(rights);
}

void collect(BoundSource& source) {
  for (std::size_t i = 0; i < source.nodes.size(); ++i) {
    if (source.nodes[i].entry.type != EntryType::directory) continue;
    auto children = source.reader->children(source.nodes[i]);
    if (!source.context.empty()) {
      const auto path = join_path(source.context, source.nodes[i].path);
      const auto there = list_directory(open_file(path, O_RDONLY | O_DIRECTORY), path);
      if (there.size() != children.size()) source.is_filtered = true;
    }
    std::ranges::move(children, std::back_inserter(source.nodes));
  }
}

BoundSource open_source(const df::MountOptions& options, const MountSource& from, const Step& step,
                        const BuildContext& context) {
  BoundSource source;
  source.context = from.context;
  if (!from.context.empty()) {
    source.reader = open_context(from.context, from.ignore_files, watched_by(step));
  } else {
    source.layers = require_listed_layers(from.step, context);
    source.reader = open_layers(source.layers, context.store);
  }
  auto top = source.reader->lookup(options.source);
  if (!top) {
    throw Error(Errc::input, fmt::format("mount '{}': not in {}", printable(options.source),
                                         options.from.empty() ? "the context"
                                                              : fmt::format("'{}'", options.from)));
  }
  source.top = *top;
  source.nodes.push_back(std::move(*top));
  collect(source);
  return source;
}

/// The file's bytes decide, not when they were written.
std::string content_of(const SourceNode& node) {
  if (node.entry.type != EntryType::file || !node.bytes.root) return node.signature;
  const auto file =
      open_long_in_root(*node.bytes.root, node.bytes.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) throw Error(Errc::input, fmt::format("read '{}': it vanished", printable(node.path)));
  return sha256_hex(*file, node.path);
}

template <typename Describe>
void add_lines(const PlannedMount& mount, std::size_t number, const Describe& describe,
               std::vector<std::string>& lines) {
  const auto& options = mount.options;
  lines.push_back(fmt::format("mount {}\t{} {} {} {}", number, static_cast<int>(options.type),
                              escaped(mount.target), options.read_only,
                              escaped(options.environment.value_or("-"))));
  if (!mount.source) return;
  for (const auto& node : mount.source->nodes) {
    const auto& entry = node.entry;
    lines.push_back(fmt::format("item {}\t{} {:o} {}:{} {} {}",
                                escaped(join_path(mount.target, node.path)),
                                static_cast<char>(entry.type), entry.mode, entry.uid, entry.gid,
                                entry.size, escaped(describe(node))));
  }
}

/// A copy of what may be seen of a directory of the context. Hard links: a bind
/// is never written to.
void copy_filtered(const BoundSource& source, const fs::path& into) {
  const auto skip = source.top.path.size();
  for (const auto& node : source.nodes) {
    const fs::path target = into / clean_path(std::string_view(node.path).substr(skip));
    if (node.entry.type == EntryType::directory) {
      make_directories(target);
    } else if (node.entry.type == EntryType::symlink) {
      fs::create_symlink(node.entry.link_target, target);
    } else if (node.entry.type == EntryType::file) {
      link_or_copy(join_path(source.context, node.path), target);
    }
  }
}

/// What the mounts need for as long as the command runs.
struct HeldForMounts {
  struct Cache {
    std::string id = {};
    fs::path folder = {};
  };
  std::vector<Cache> caches = {};  ///< that the command may write to
  std::vector<FileLock> locks = {};
  std::vector<KeyAgent> agents = {};
};

/// How a RUN's mounts of one kind become the sandbox's.
class Furnisher {
 public:
  Furnisher(const BuildContext& context, Sandbox& sandbox, fs::path scratch, Rights rights,
            HeldForMounts& held)
      : context_(context),
        sandbox_(sandbox),
        scratch_(std::move(scratch)),
        rights_(rights),
        held_(held) {}

  void add(const PlannedMount& mount) {
    switch (mount.options.type) {
      case df::MountType::bind:
        return add_bind(mount);
      case df::MountType::cache:
        return add_cache(mount);
      case df::MountType::tmpfs:
        return add_tmpfs(mount);
      case df::MountType::secret:
        return add_secret(mount);
      case df::MountType::ssh:
        return add_agent(mount);
    }
  }

 private:
  void add_bind(const PlannedMount& mount) {
    const auto& source = *mount.source;
    SandboxMount bind{.kind = SandboxMount::Kind::overlay, .target = mount.target};
    bind.is_file = source.top.entry.type != EntryType::directory;
    bind.read_only = mount.options.read_only;
    bind.source = source.top.path;
    if (source.context.empty()) {
      bind.trees = open_rootfs(source.layers, context_.store, rights_).trees;
    } else if (source.is_filtered) {
      const fs::path copy = scratch_ / fmt::format("bound-{}", sandbox_.mounts.size());
      copy_filtered(source, copy);
      bind.trees = {copy};
      bind.source.clear();
    } else {
      bind.trees = {fs::absolute(source.context)};
    }
    if (!source.context.empty() && bind.read_only) {
      bind.kind = SandboxMount::Kind::bind;
      bind.source = bind.trees.front() / bind.source;
    }
    sandbox_.mounts.push_back(std::move(bind));
  }

  void add_cache(const PlannedMount& mount) {
    SandboxMount cache{.target = mount.target, .read_only = mount.options.read_only};
    cache.source = require_cache(mount);
    if (!cache.read_only) held_.caches.push_back({id_of(mount), cache.source});
    sandbox_.mounts.push_back(std::move(cache));
  }

  static std::string id_of(const PlannedMount& mount) {
    return mount.options.id.empty() ? mount.target : mount.options.id;
  }

  /// private: a folder that nobody uses now; locked: one after the other.
  fs::path require_cache(const PlannedMount& mount) {
    const auto& options = mount.options;
    const auto stem = cache_name(id_of(mount), rights_);
    const auto caches = context_.store.folder("caches");
    if (options.sharing != df::CacheSharing::exclusive) {
      const bool is_locked = options.sharing == df::CacheSharing::locked;
      held_.locks.emplace_back(caches / (stem + ".lock"),
                               is_locked ? FileLock::Mode::exclusive : FileLock::Mode::shared);
      return fill_cache(mount, caches / stem);
    }
    for (int number = 0;; ++number) {
      const auto name = number == 0 ? stem : fmt::format("{}-{}", stem, number);
      auto lock = FileLock::try_exclusive(caches / (name + ".lock"));
      if (!lock) continue;
      held_.locks.push_back(std::move(*lock));
      return fill_cache(mount, caches / name);
    }
  }

  /// A folder in the one that is made whole by rename, so that it may have any mode.
  fs::path fill_cache(const PlannedMount& mount, const fs::path& place) {
    const FileLock lock(place.native() + ".making", FileLock::Mode::exclusive);
    const auto root = place / "root";
    if (lstat_file(root)) return root;
    const TempDir unfinished(context_.store.folder("tmp"), "cache-");
    const auto made = unfinished.path() / "root";
    if (fetch_shared_mount(id_of(mount), made, context_, rights_)) {
      // As it was left there.
    } else if (mount.seed.empty()) {
      make_directories(made);
    } else {
      seed_cache(mount, made, unfinished.path() / "seed");
    }
    give_cache(made, mount);
    fs::rename(unfinished.path(), place);
    return root;
  }

  void give_cache(const fs::path& made, const PlannedMount& mount) const {
    const auto& options = mount.options;
    Entry entry;
    entry.type = EntryType::directory;
    entry.mode = options.mode.value_or(cache_mode);
    entry.uid = options.uid.value_or(0);
    entry.gid = options.gid.value_or(0);
    with_context(
        [&] { return fmt::format("prepare the cache for '{}'", mount.target); },
        [&] { set_metadata(open_file(made, O_RDONLY | O_DIRECTORY), entry, owners_for(rights_)); });
  }

  void seed_cache(const PlannedMount& mount, const fs::path& made, const fs::path& seed) {
    unpack_layers(mount.seed, context_.store, seed, rights_);
    const auto found = open_in_root(open_file(seed, O_PATH | O_DIRECTORY), mount.options.source,
                                    O_PATH | O_DIRECTORY);
    if (!found)
      throw Error(Errc::input,
                  fmt::format("mount '{}': no such directory", printable(mount.options.source)));
    fs::rename(fs::read_symlink(fmt::format("/proc/self/fd/{}", found->get())), made);
  }

  void add_tmpfs(const PlannedMount& mount) {
    SandboxMount tmpfs{.kind = SandboxMount::Kind::tmpfs, .target = mount.target};
    tmpfs.size = static_cast<std::uint64_t>(mount.options.size);
    sandbox_.mounts.push_back(std::move(tmpfs));
  }

  void add_secret(const PlannedMount& mount) {
    const auto& options = mount.options;
    const auto id = secret_id(options);
    auto value = context_.grants.secret(id);
    if (!value && options.required) {
      throw Error(Errc::input,
                  fmt::format("secret '{}' is required and was not given", printable(id)))
          .with_hint(fmt::format("pass --secret id={},src=FILE", printable(id)));
    }
    if (!value) return;
    if (options.environment) set_env(sandbox_.env, *options.environment, *value);
    if (options.environment && options.target.empty()) return;
    SandboxMount secret{
        .kind = SandboxMount::Kind::secret, .target = mount.target, .is_file = true};
    secret.content = std::move(*value);
    secret.mode = options.mode.value_or(secret_mode);
    secret.uid = options.uid.value_or(0);
    secret.gid = options.gid.value_or(0);
    sandbox_.mounts.push_back(std::move(secret));
  }

  void add_agent(const PlannedMount& mount) {
    const auto id = mount.options.id.empty() ? std::string("default") : mount.options.id;
    const auto agent = context_.grants.agents.find(id);
    if (agent == context_.grants.agents.end()) {
      if (!mount.options.required) return;
      throw Error(Errc::input,
                  fmt::format("ssh agent '{}' is required and was not given", printable(id)))
          .with_hint(fmt::format("pass --ssh {}", printable(id)));
    }
    SandboxMount socket{.source = socket_of(agent->second),
                        .target = mount.target,
                        .is_file = true,
                        .read_only = false};
    sandbox_.mounts.push_back(std::move(socket));
    if (!get_env(sandbox_.env, "SSH_AUTH_SOCK"))
      set_env(sandbox_.env, "SSH_AUTH_SOCK", mount.target);
  }

  fs::path socket_of(const AgentSource& agent) {
    if (const auto socket = agent.socket()) return *socket;
    const auto folder = scratch_ / fmt::format("agent-{}", held_.agents.size());
    make_directories(folder);
    return held_.agents.emplace_back(agent.files, folder).socket();
  }

  const BuildContext& context_;
  Sandbox& sandbox_;
  fs::path scratch_;
  Rights rights_;
  HeldForMounts& held_;
};

}  // namespace

struct RunMounts::State {
  const BuildContext& context;
  std::vector<PlannedMount> mounts = {};
  HeldForMounts held = {};

  template <typename Describe>
  std::vector<std::string> lines(const Describe& describe) const {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < mounts.size(); ++i) add_lines(mounts[i], i + 1, describe, result);
    return result;
  }
};

std::optional<fs::path> find_cache(const std::string& id, const Store& store) {
  const auto caches = store.folder("caches");
  const bool is_root = ::geteuid() == 0;
  for (const auto rights : {Rights::root, Rights::ranges, Rights::single_id}) {
    if ((rights == Rights::root) != is_root) continue;
    const auto root = caches / cache_name(id, rights) / "root";
    if (lstat_file(root)) return root;
  }
  return std::nullopt;
}

RunMounts::RunMounts(const Step& step, const Scene& scene, const BuildContext& context)
    : state_(std::make_unique<State>(State{context})) {
  const auto& run = std::get<df::Run>(scene.instruction.body);
  int agents = 0;
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    PlannedMount mount;
    mount.options = df::resolve_mount(
        run.mounts[i], [&](std::string_view text) { return scene.state.expand_field(text); });
    auto& options = mount.options;
    auto wanted = options;
    if (options.type == df::MountType::secret && options.target.empty()) {
      wanted.target = fmt::format("/run/secrets/{}", base_name(secret_id(options)));
    }
    if (options.type == df::MountType::ssh && options.target.empty()) {
      wanted.target = fmt::format("/run/buildkit/ssh_agent.{}", agents);
    }
    if (options.type == df::MountType::ssh) ++agents;
    mount.target = absolute_target(wanted, scene.state.config().working_dir);
    const auto& from = step.mounts.at(i);
    if (options.type == df::MountType::bind)
      mount.source = open_source(options, from, step, context);
    if (options.type == df::MountType::cache)
      mount.seed = require_layers(chain_of(from.step, context), context);
    state_->mounts.push_back(std::move(mount));
  }
}

RunMounts::RunMounts(RunMounts&&) noexcept = default;
RunMounts::~RunMounts() = default;

std::vector<std::string> RunMounts::lines() const {
  return state_->lines([](const SourceNode& node) { return node.signature; });
}

std::vector<std::string> RunMounts::content_lines() const { return state_->lines(content_of); }

std::int64_t RunMounts::changed_ns() const {
  std::int64_t latest = 0;
  for (const auto& mount : state_->mounts) {
    if (!mount.source) continue;
    for (const auto& node : mount.source->nodes) {
      if (node.entry.type != EntryType::directory) latest = std::max(latest, node.changed_ns);
    }
  }
  return latest;
}

std::vector<std::string> RunMounts::read() const {
  std::vector<std::string> files;
  for (const auto& mount : state_->mounts) {
    if (!mount.source) continue;
    const auto& read = mount.source->reader->read();
    files.insert(files.end(), read.begin(), read.end());
  }
  return files;
}

void RunMounts::furnish(Sandbox& sandbox, const fs::path& scratch, Rights rights) {
  Furnisher furnisher(state_->context, sandbox, scratch, rights, state_->held);
  for (const auto& mount : state_->mounts) furnisher.add(mount);
}

void RunMounts::share_caches(Rights rights) const {
  for (const auto& [id, folder] : state_->held.caches)
    share_mount(id, folder, state_->context, rights);
}

}  // namespace slipway
