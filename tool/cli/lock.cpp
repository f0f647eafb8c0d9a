#include "cli/lock.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/plan_flags.hpp"
#include "plan/pinning.hpp"
#include "registry/pull.hpp"
#include "registry/registries_conf.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

/// What the registry says now, with the images of an index.
LockedReference look_up(const Reference& reference, Http& http, const Store& store) {
  const auto conf = read_registries_conf();
  LockedReference locked;
  locked.entry =
      resolve_image(http, resolve_reference(reference.familiar(), conf), store, PullPolicy::always);
  locked.entry.annotations.clear();
  if (!is_index(locked.entry)) return locked;
  for (const auto& manifest : parse_index(store.blobs().read_document(locked.entry)).manifests) {
    if (manifest.platform && manifest.platform->os != "unknown") {
      locked.platforms.emplace(manifest.platform->str(), manifest.digest);
    }
  }
  return locked;
}

std::string shown(const LockFile& lock, const std::string& reference) {
  const auto found = lock.find(reference);
  return found == lock.end() ? "nothing" : found->second.entry.digest.str();
}

struct LockCommand {
  PlanFlags flags = {};
  bool only_missing = false;
  bool dry_run = false;

  void run() const {
    if (default_pull_policy() == PullPolicy::never) {
      throw Error(Errc::usage, "lock: SLIPWAY_OFFLINE is set, and no registry is asked");
    }
    const auto path = flags.lock.empty() ? flags.context + "/container.lock" : flags.lock;
    std::set<std::string> references;
    for (const auto& step : plan_dockerfile(flags.dockerfile(), flags.options()).steps) {
      if (const auto reference = lockable_reference(step)) references.insert(reference->str());
    }
    const auto store = open_store();
    const auto guard_name = sha256_hex(std::filesystem::absolute(path).native()) + ".lock";
    const FileLock guard(store.folder("locks") / guard_name, FileLock::Mode::exclusive);
    const auto before = read_lock_file_if_exists(path);
    const auto now = updated(before, references, store);
    for (const auto& reference : references) {
      const auto old_digest = shown(before, reference);
      const auto new_digest = shown(now, reference);
      if (old_digest != new_digest) fmt::print("{}: {} -> {}\n", reference, old_digest, new_digest);
    }
    if (!dry_run) write_file_if_changed(path, to_json(now));
  }

 private:
  LockFile updated(LockFile lock, const std::set<std::string>& references,
                   const Store& store) const {
    const auto http = make_http();
    for (const auto& reference : references) {
      if (only_missing && lock.contains(reference)) continue;
      lock[reference] = look_up(Reference::parse(reference), *http, store);
    }
    return lock;
  }
};

}  // namespace

LockFile read_lock_file_if_exists(const std::string& path) {
  const auto text = read_file_if_exists(path);
  if (!text) return {};
  return with_context([&] { return fmt::format("read '{}'", printable(path)); },
                      [&] { return parse_lock_file(*text); });
}

void add_lock_command(Command& program, Session&) {
  auto command = std::make_shared<LockCommand>();
  auto lock = program.add("lock", "Pin the images that a Dockerfile names, in a lock file");
  command->flags.add_checked_to(lock);
  command->flags.add_lock_to(lock);
  lock.flag("--missing", command->only_missing, "Add what is missing; leave the rest");
  lock.flag("--dry-run", command->dry_run, "Only show what would change");
  lock.action([command] { command->run(); });
}

}  // namespace slipway::cli
