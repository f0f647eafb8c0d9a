#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/images.hpp"
#include "cli/report.hpp"
#include "container/container.hpp"
#include "container/garbage.hpp"
#include "oci/reference.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

struct TagCommand {
  std::string source = {};
  std::string target = {};

  void run() const {
    const Store store = open_store();
    const auto reference = Reference::parse(target);
    if (reference.digest)
      throw Error(Errc::usage, fmt::format("tag: '{}' has a digest, which a tag cannot have",
                                           printable(target)));
    auto entry = with_context([&] { return fmt::format("tag '{}'", printable(source)); },
                              [&] { return find_in_store(source, store); });
    entry.annotations.clear();
    store.blobs().set_tag(reference.str(), std::move(entry));
  }
};

struct RmiCommand {
  std::vector<std::string> names = {};
  bool force = false;
  bool keeps_parents = false;

  int run() const {
    const Store store = open_store();
    return for_each_reported(names, [&](const std::string& name) { remove(name, store); });
  }

  void remove(const std::string& name, const Store& store) const {
    const auto describe = [&] { return fmt::format("remove image '{}'", printable(name)); };
    with_context(describe, [&] {
      const auto entry = find_in_store(name, store);
      const auto tags = names_in_store(entry.digest, store);
      const bool is_by_digest = !means_tag(name, entry);
      if (is_by_digest && tags.size() > 1 && !force) {
        throw Error(Errc::input,
                    fmt::format("it has more than one name: {}", fmt::join(tags, ", ")))
            .with_hint("remove it by its names, or with -f");
      }
      const bool is_last = is_by_digest || tags.size() <= 1;
      if (is_last) require_unused(entry, store);
      untag(name, entry, is_by_digest, store);
      if (is_last && !is_used(entry, store)) delete_blobs(entry, store);
    });
  }

 private:
  static bool means_tag(const std::string& name, const Descriptor& entry) {
    const auto tag = entry.annotations.find(std::string(ref_name_annotation));
    if (tag == entry.annotations.end()) return false;
    try {
      return Reference::parse(name).str() == tag->second;
    } catch (const Error&) {
      return false;
    }
  }

  static bool is_used(const Descriptor& entry, const Store& store) {
    return std::ranges::any_of(all_containers(store), [&](const Container& container) {
      return container.spec().image.digest == entry.digest;
    });
  }

  void require_unused(const Descriptor& entry, const Store& store) const {
    for (const auto& container : all_containers(store)) {
      if (container.spec().image.digest != entry.digest) continue;
      if (container.is_running()) {
        throw Error(Errc::input, fmt::format("container '{}' runs it", container.spec().name))
            .with_hint("stop the container first");
      }
      if (force) continue;
      throw Error(Errc::input, fmt::format("container '{}' is of it", container.spec().name))
          .with_hint("remove the container first, or the image with -f");
    }
  }

  static void untag(const std::string& name, const Descriptor& entry, bool all_names,
                    const Store& store) {
    std::vector<std::string> gone;
    store.blobs().change_index([&](Index& index) {
      std::erase_if(index.manifests, [&](const Descriptor& other) {
        if (other.digest != entry.digest) return false;
        const auto tag = other.annotations.find(std::string(ref_name_annotation));
        const bool has_tag = tag != other.annotations.end();
        if (!all_names && (!has_tag || Reference::parse(name).str() != tag->second)) return false;
        if (has_tag) gone.push_back(Reference::parse(tag->second).familiar());
        return true;
      });
    });
    for (const auto& tag : gone) fmt::print("Untagged: {}\n", tag);
  }

  static void delete_blobs(const Descriptor& entry, const Store& store) {
    for (const auto& digest : delete_image(entry, store)) fmt::print("Deleted: {}\n", digest.str());
  }
};

}  // namespace

void add_tag_commands(Command& program, Session& session) {
  auto tag = std::make_shared<TagCommand>();
  auto give = program.add("tag", "Give an image one more name: tag IMAGE NAME[:TAG]");
  give.option("image", tag->source, "A name or digest of the store", {"", Need::required});
  give.option("name", tag->target, "The new name", {"", Need::required});
  give.action([tag] { tag->run(); });

  auto rmi = std::make_shared<RmiCommand>();
  auto remove = program.add("rmi", "Remove images from the store");
  remove.list("image", rmi->names, "Names or digests", {"", Need::required});
  remove.flag("-f,--force", rmi->force, "Although it has more names, or a container is of it");
  remove.flag("--no-prune", rmi->keeps_parents, "Accepted; there are no images beneath to remove");
  remove.action([rmi, &session] { session.status = rmi->run(); });
}

}  // namespace slipway::cli
