#include "container/container.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"
#include "container/child_process.hpp"
#include "container/name.hpp"
#include "container/volumes.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

using Phase = ContainerState::Phase;

constexpr int killed_status = 137;
constexpr std::string_view removed_prefix = "removed-";

fs::path folder_of(const Store& store) { return store.folder("containers"); }

bool is_id(const std::string& name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// What belongs to other ids can be removed by root of a namespace that has them.
void remove_folder(const std::string& name, const Store& store) {
  try_become_root();
  remove_tree(open_file(folder_of(store), O_RDONLY | O_DIRECTORY), name, {});
}

/// Out of sight first: what is half removed is no container any more. Who holds the
/// folder removes it.
void remove_whole(const Container& container, const Store& store, RemovedVolumes volumes) {
  const auto lock = try_lock_directory(container.folder());
  if (!lock || !lstat_file(container.folder())) return;
  const auto name = fmt::format("{}{}", removed_prefix, container.spec().id);
  fs::rename(container.folder(), folder_of(store) / name);
  remove_folder(name, store);
  if (container.spec().cgroup_limits.has_any()) remove_cgroup(container.spec().cgroup());
  if (volumes == RemovedVolumes::unnamed || container.spec().auto_remove)
    remove_unnamed_volumes(container.spec(), store);
}

/// To remove what belongs to other ids a process becomes root, and ours may have to
/// join a container's namespace yet.
void clean_up(const std::function<void()>& body) {
  try {
    run_in_child(body);
  } catch (const Error&) {
    // It belongs to ids that we are not.
  }
}

/// Of a process that was killed while it removed it.
void remove_rest(const std::string& name, const Store& store) {
  const auto lock = try_lock_directory(folder_of(store) / name);
  if (lock) clean_up([&] { remove_folder(name, store); });
}

/// nullopt: another process holds it, or the folder is gone.
std::optional<FileLock> try_lock_in(const fs::path& folder, const char* name) {
  try {
    return FileLock::try_exclusive(folder / name);
  } catch (const Error&) {
    if (lstat_file(folder)) throw;
    return std::nullopt;
  }
}

std::optional<ContainerSpec> read_spec(const fs::path& folder) {
  try {
    const auto text = read_file_if_exists(folder / "spec.json");
    if (text) return parse_container_spec(*text);
  } catch (const Error&) {
    // Damaged: it can be neither run nor shown.
  }
  return std::nullopt;
}

std::string name_for(const ContainerSpec& spec, const std::vector<Container>& others) {
  const auto is_taken = [&](const std::string& name) {
    return std::ranges::any_of(others,
                               [&](const Container& other) { return other.spec().name == name; });
  };
  if (spec.name.empty()) {
    for (int tries = 0; tries < 100; ++tries) {
      const auto name = random_container_name();
      if (!is_taken(name)) return name;
    }
    return spec.short_id();
  }
  if (!is_container_name(spec.name)) {
    throw Error(
        Errc::usage,
        fmt::format("name the container '{}': letters, digits and '_.-' are allowed, at least two "
                    "of them, a letter or digit first",
                    printable(spec.name)));
  }
  if (is_taken(spec.name)) {
    throw Error(Errc::input,
                fmt::format("name the container '{}': another one has that name", spec.name))
        .with_hint(fmt::format("remove that: slipway rm {}", spec.name));
  }
  return spec.name;
}

}  // namespace

std::string new_container_id() {
  std::array<char, 32> bytes = {};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error::from_errno(errno, "choose an id for the container");
  }
  return to_hex({bytes.data(), bytes.size()});
}

ContainerState Container::state() const {
  ContainerState state;
  const auto text = read_file_if_exists(folder_ / "state.json");
  if (text) state = parse_container_state(*text);
  if (state.phase != Phase::running || !try_to_supervise()) return state;
  // Nobody supervises it any more. It may have ended in the meantime, and said so.
  const auto last = read_file_if_exists(folder_ / "state.json");
  if (last) state = parse_container_state(*last);
  if (state.phase != Phase::running) return state;
  state.phase = Phase::exited;
  state.pid = 0;
  state.exit_code = killed_status;
  return state;
}

void Container::write_state(const ContainerState& state) const {
  write_file_if_changed(folder_ / "state.json", to_json(state));
}

std::optional<FileLock> Container::guard_if_there() const {
  try {
    FileLock lock(folder_ / "guard", FileLock::Mode::exclusive);
    if (lstat_file(folder_ / "spec.json")) return lock;
  } catch (const Error&) {
    if (lstat_file(folder_)) throw;
  }
  return std::nullopt;
}

FileLock Container::guard() const {
  if (auto lock = guard_if_there()) return std::move(*lock);
  throw Error(Errc::input, fmt::format("open container '{}': it was removed", spec_.name));
}

FileLock Container::keep() const {
  (void)guard();  // it is there
  // Not with the guard in hand: who restarts it now needs that.
  FileLock kept(folder_ / "restart", FileLock::Mode::exclusive);
  (void)guard();  // and was not removed by one that did not see us yet
  return kept;
}

bool Container::is_kept() const {
  return lstat_file(folder_ / "restart") && !try_lock_in(folder_, "restart");
}

bool Container::is_left() const {
  return spec_.auto_remove && state().phase == Phase::exited && !is_kept() && try_to_supervise();
}

std::optional<FileLock> Container::try_to_supervise() const {
  return try_lock_in(folder_, "alive");
}

Container make_container(ContainerSpec spec, const Store& store) {
  const auto containers = folder_of(store);
  const FileLock lock(containers / "lock", FileLock::Mode::exclusive);
  spec.name = name_for(spec, all_containers(store));
  TempDir unfinished(containers, "unfinished-");
  write_file_if_changed(unfinished.path() / "state.json", to_json(ContainerState{}));
  write_file_if_changed(unfinished.path() / "spec.json", to_json(spec));
  make_directories(unfinished.path() / "changes");
  fs::rename(unfinished.path(), containers / spec.id);
  return {containers / spec.id, std::move(spec)};
}

std::vector<Container> all_containers(const Store& store) {
  std::vector<Container> containers;
  for (const auto& entry : fs::directory_iterator(folder_of(store))) {
    const auto name = entry.path().filename().native();
    if (name.starts_with(removed_prefix)) remove_rest(name, store);
    if (!is_id(name)) continue;
    auto spec = read_spec(entry.path());
    if (!spec) continue;
    const Container container(entry.path(), std::move(*spec));
    remove_if_left(container, store);
    if (lstat_file(container.folder())) containers.push_back(container);
  }
  std::ranges::sort(containers, [](const Container& a, const Container& b) {
    return std::tie(a.spec().created, a.spec().id) > std::tie(b.spec().created, b.spec().id);
  });
  return containers;
}

std::optional<Container> find_container_if(const std::string& name, const Store& store) {
  std::vector<Container> found;
  for (const auto& container : all_containers(store)) {
    if (container.spec().name == name || container.spec().id == name) return container;
    if (!name.empty() && container.spec().id.starts_with(name)) found.push_back(container);
  }
  if (found.empty()) return std::nullopt;
  if (found.size() > 1)
    throw Error(Errc::input, fmt::format("more than one container's id starts with '{}'", name));
  return found.front();
}

Container find_container(const std::string& name, const Store& store) {
  auto found = find_container_if(name, store);
  if (found) return std::move(*found);
  throw Error(Errc::input, fmt::format("no such container: '{}'", printable(name)))
      .with_hint("'slipway ps -a' lists all there are");
}

void remove_container(const Container& container, const Store& store, RemovedVolumes volumes) {
  const auto guard = container.guard_if_there();
  if (!guard) return;
  if (container.is_running()) {
    throw Error(Errc::input, fmt::format("remove container '{}': it runs", container.spec().name))
        .with_hint("stop it first, or remove it with -f");
  }
  remove_whole(container, store, volumes);
}

void remove_at_end(const Container& container, const Store& store) {
  const auto guard = container.guard_if_there();
  if (guard && !container.is_kept()) remove_whole(container, store, RemovedVolumes::unnamed);
}

void remove_if_left(const Container& container, const Store& store) {
  if (!container.is_left()) return;
  clean_up([&] {
    // Who holds it is at work on it, and it may have been started since.
    const auto guard = try_lock_in(container.folder(), "guard");
    if (guard && container.is_left()) remove_whole(container, store, RemovedVolumes::unnamed);
  });
}

LocatedImage image_of(const Container& container, const Store& store) {
  return with_context(
      [&] { return fmt::format("open the image of container '{}'", container.spec().name); },
      [&] {
        return locate_image(store.blobs(), container.spec().image, container.spec().platform);
      });
}

}  // namespace slipway
