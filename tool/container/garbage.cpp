// What of the store can go. The store is a cache of what builds can make again, and
// the one place of images that were built, pulled or committed, and of containers.
// So things are followed from where people name them (names, containers) and from
// where builds will look them up again (references, results of steps); what is not
// reached is garbage.
#include "container/garbage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/tree_remover.hpp"
#include "build/rootfs.hpp"
#include "build/step_result.hpp"
#include "build/trees.hpp"
#include "container/container.hpp"
#include "container/volumes.hpp"
#include "oci/reference.hpp"
#include "registry/remembered.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

std::string tag_of_entry(const Descriptor& entry) {
  const auto tag = entry.annotations.find(std::string(ref_name_annotation));
  return tag == entry.annotations.end() ? std::string() : tag->second;
}

/// What can be reached from some entries.
class Reached {
 public:
  explicit Reached(const Store& store) : store_(store) {}

  /// An image or index with all that it names. The store may have lost some of it.
  void follow(const Descriptor& entry) {
    if (!blobs_.insert(entry.digest).second || !store_.blobs().contains(entry)) return;
    order_.push_back(entry.digest);
    try {
      const auto text = store_.blobs().read_document(entry);
      if (is_index(entry)) {
        for (const auto& inner : parse_index(text).manifests) follow(inner);
      } else {
        follow_manifest(entry, parse_manifest(text));
      }
    } catch (const Error&) {
      // Damaged: what it named cannot be told.
    }
  }

  void follow(const StepResult& result) {
    if (result.config) add(result.config->digest);
    for (const auto& layer : result.layers) {
      add(layer.blob.digest);
      diff_ids_.insert(layer.diff_id);
    }
  }

  bool has_blob(const Digest& digest) const { return blobs_.contains(digest); }
  bool has_layer(const std::string& diff_id) const {
    return std::ranges::any_of(diff_ids_,
                               [&](const Digest& known) { return known.hex() == diff_id; });
  }
  const std::vector<Digest>& in_order() const { return order_; }
  const std::vector<LocatedImage>& images() const { return images_; }

 private:
  void add(const Digest& digest) {
    if (blobs_.insert(digest).second) order_.push_back(digest);
  }

  void follow_manifest(const Descriptor& entry, const Manifest& manifest) {
    add(manifest.config.digest);
    for (const auto& layer : manifest.layers) add(layer.digest);
    auto config = parse_image_config(store_.blobs().read_document(manifest.config));
    for (const auto& diff_id : config.diff_ids) diff_ids_.insert(diff_id);
    images_.push_back({entry, manifest, std::move(config)});
  }

  const Store& store_;
  std::set<Digest> blobs_ = {};
  std::set<Digest> diff_ids_ = {};
  std::vector<Digest> order_ = {};
  std::vector<LocatedImage> images_ = {};
};

void follow_results(Reached& reached, const Store& store) {
  for (const auto& file : fs::directory_iterator(store.folder("results"))) {
    if (file.path().extension() == ".lock") continue;
    try {
      reached.follow(read_step_result(file.path()));
    } catch (const Error&) {
      // Damaged: the step runs again.
    }
  }
}

void follow_containers(Reached& reached, const Store& store) {
  for (const auto& container : all_containers(store)) reached.follow(container.spec().image);
}

/// A file or folder that may go.
struct Candidate {
  fs::path path = {};
  std::uint64_t size = 0;
  std::int64_t changed = 0;
  std::string shown = {};  ///< empty: not worth a line
};

std::uint64_t size_of(const fs::path& path) {
  const auto status = lstat_file(path);
  if (!status) return 0;
  if (!S_ISDIR(status->st_mode)) return static_cast<std::uint64_t>(status->st_size);
  std::uint64_t size = 0;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(path, options, error), end; !error && it != end;
       it.increment(error)) {
    struct stat found = {};
    if (::lstat(it->path().c_str(), &found) == 0 && S_ISREG(found.st_mode))
      size += static_cast<std::uint64_t>(found.st_size);
  }
  return size;
}

class Pruner {
 public:
  Pruner(const PruneOptions& options, const Store& store)
      : options_(options), store_(store), reached_(store) {}

  Pruned run() {
    // What trees hold may belong to other ids.
    try_become_root();
    remove_images();
    for (const auto& entry : store_.blobs().index().manifests) reached_.follow(entry);
    follow_containers(reached_, store_);
    if (keeps_cache()) {
      for (const auto& entry : remembered_references(store_)) reached_.follow(entry);
      follow_results(reached_, store_);
    }
    collect_blobs();
    if (!options_.wants_image) collect_others();
    remove_candidates();
    return std::move(pruned_);
  }

 private:
  bool keeps_cache() const { return !options_.all || options_.wants_image; }

  bool is_old_enough(std::int64_t changed) const {
    return !options_.until || changed < *options_.until;
  }

  std::int64_t changed_at(const fs::path& path) const {
    const auto status = lstat_file(path);
    return status ? status->st_ctim.tv_sec : 0;
  }

  bool is_unwanted(const Descriptor& entry, const std::set<Digest>& used) const {
    if (used.contains(entry.digest)) return false;
    if (!options_.all && !tag_of_entry(entry).empty()) return false;
    if (!is_old_enough(changed_at(store_.blobs().blob_path(entry.digest)))) return false;
    if (!options_.wants_image) return true;
    try {
      return options_.wants_image(
          locate_image(store_.blobs(), entry, entry.platform.value_or(Platform::host())).config);
    } catch (const Error&) {
      return false;  // it cannot be told what labels it has
    }
  }

  void remove_images() {
    if (options_.keep_storage && !options_.all) return;  // images with names are no cache
    std::set<Digest> used;
    for (const auto& container : all_containers(store_)) used.insert(container.spec().image.digest);
    store_.blobs().change_index([&](Index& index) {
      std::erase_if(index.manifests, [&](const Descriptor& entry) {
        if (!is_unwanted(entry, used)) return false;
        const auto tag = tag_of_entry(entry);
        if (!tag.empty()) pruned_.untagged.push_back(Reference::parse(tag).familiar());
        return true;
      });
    });
  }

  void add(const fs::path& path, std::string shown) {
    const auto changed = changed_at(path);
    if (is_old_enough(changed))
      candidates_.push_back({path, size_of(path), changed, std::move(shown)});
  }

  template <typename IsKept>
  void collect(const char* folder, const char* kind, IsKept&& is_kept) {
    for (const auto& file : fs::directory_iterator(store_.folder(folder))) {
      const auto name = file.path().filename().native();
      if (is_kept(name)) continue;
      add(file.path(), *kind == '\0' ? std::string() : fmt::format("{} {}", kind, name));
    }
  }

  void collect_blobs() {
    for (const auto& file : fs::directory_iterator(store_.root() / "blobs" / "sha256")) {
      const auto name = file.path().filename().native();
      const auto status = lstat_file(file.path());
      // A build tree's layout has it, too: it takes no room here.
      if (name.size() != 64 || !status || (status->st_nlink > 1 && !options_.all)) continue;
      const auto digest = Digest::from_hex(name);
      if (!reached_.has_blob(digest)) add(file.path(), digest.str());
    }
  }

  void collect_others() {
    const auto none = [](const std::string&) { return false; };
    const auto is_lock = [](const std::string& name) { return name.ends_with(".lock"); };
    collect("contents", "", [&](const std::string& name) { return reached_.has_layer(name); });
    collect("remote", "", [&](const std::string& name) {
      return name.size() == 64 && reached_.has_blob(Digest::from_hex(name));
    });
    collect("shapes", "", none);
    for (const auto* folder : {"elf", "packages"}) {
      collect(folder, "",
              [&](const std::string& name) { return is_lock(name) || reached_.has_layer(name); });
    }
    collect_trees();
    collect("failed", "step", is_lock);
    collect("downloads", "download", none);
    collect("contexts", "context", none);
    collect("git", "git", is_lock);
    collect_volumes();
    if (!options_.all) return;
    collect("caches", "cache", is_lock);
    collect("results", "", is_lock);
    collect("references", "", none);
    collect("builds", "build", is_lock);
  }

  void collect_trees() {
    std::set<std::string> wanted = {"empty"};
    for (const auto& image : reached_.images()) {
      try {
        for (auto& name : tree_names(layers_of(image), store_)) wanted.insert(std::move(name));
      } catch (const Error&) {
        // Its layers are not here, so nothing is unpacked.
      }
    }
    collect("trees", "tree", [&](const std::string& name) {
      if (name.ends_with(".lock")) return true;
      const auto key = name.substr(0, name.find('-'));
      return wanted.contains(key) || (keeps_cache() && reached_.has_layer(key));
    });
  }

  /// Those that got a name of random digits, and that no container mounts.
  void collect_volumes() {
    std::set<std::string> mounted;
    for (const auto& container : all_containers(store_)) {
      for (const auto& mount : container.spec().mounts)
        mounted.insert(mount.source.filename().native());
    }
    collect("volumes", "volume", [&](const std::string& name) {
      return !is_unnamed_volume(name) || mounted.contains(name);
    });
  }

  void remove_candidates() {
    std::ranges::sort(candidates_, {}, &Candidate::changed);
    auto left = options_.keep_storage ? size_of(store_.root()) : 0;
    for (auto& candidate : candidates_) {
      if (options_.keep_storage && left <= *options_.keep_storage) return;
      remove_tree(open_file(candidate.path.parent_path(), O_RDONLY | O_DIRECTORY),
                  candidate.path.filename(), {});
      pruned_.bytes += candidate.size;
      left -= std::min(left, candidate.size);
      if (!candidate.shown.empty()) pruned_.deleted.push_back(std::move(candidate.shown));
    }
  }

  const PruneOptions& options_;
  const Store& store_;
  Reached reached_;
  std::vector<Candidate> candidates_ = {};
  Pruned pruned_ = {};
};

}  // namespace

std::vector<Digest> delete_image(const Descriptor& entry, const Store& store) {
  const auto idle = store.try_idle();
  if (!idle) return {};
  Reached others(store);
  for (const auto& other : store.blobs().index().manifests) others.follow(other);
  follow_containers(others, store);
  follow_results(others, store);
  Reached own(store);
  own.follow(entry);
  std::vector<Digest> deleted;
  for (const auto& digest : own.in_order()) {
    if (others.has_blob(digest)) continue;
    std::error_code ignored;
    if (fs::remove(store.blobs().blob_path(digest), ignored)) deleted.push_back(digest);
  }
  return deleted;
}

Pruned prune_store(const PruneOptions& options, const Store& store) {
  const auto idle = store.idle();
  return Pruner(options, store).run();
}

}  // namespace slipway
