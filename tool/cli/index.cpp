#include <fmt/format.h>

#include <map>
#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/images.hpp"
#include "cli/transfer.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

/// Joins images of several platforms, each in the store when it is added.
class IndexMaker {
 public:
  explicit IndexMaker(const Store& store) : store_(store) {}

  /// An index's images one by one.
  void add(const std::string& name) {
    const auto found = find_whole(ImageName::parse(name), store_);
    copy_image(found.layout, found.entry, store_.blobs());
    add_entry(name, found.entry);
  }

  void annotate(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(Errc::usage,
                  fmt::format("--annotation '{}' is not of the form name=value", printable(text)));
    }
    index_.annotations[text.substr(0, equals)] = text.substr(equals + 1);
  }

  Descriptor write() const {
    return store_.blobs().write_document(to_json(index_), media_type::oci_index);
  }

 private:
  void add_entry(const std::string& name, Descriptor entry) {
    const auto text = store_.blobs().read_document(entry);
    if (is_index(entry)) {
      for (const auto& inner : parse_index(text).manifests) add_entry(name, inner);
      return;
    }
    const auto manifest = parse_manifest(text);
    entry.annotations.clear();
    entry.platform = parse_image_config(store_.blobs().read_document(manifest.config)).platform;
    const auto [earlier, is_new] = names_.emplace(entry.platform->str(), name);
    if (!is_new) {
      throw Error(Errc::input,
                  fmt::format("'{}' and '{}' are both for {}", printable(earlier->second),
                              printable(name), earlier->first));
    }
    index_.manifests.push_back(std::move(entry));
  }

  const Store& store_;
  Index index_ = {};
  std::map<std::string, std::string> names_ = {};  ///< by platform
};

struct IndexCommand {
  std::vector<std::string> images = {};
  std::vector<std::string> tags = {};
  std::vector<std::string> annotations = {};
  std::string layout = {};
  std::string digest_file = {};
  bool push = false;

  void run() const {
    std::vector<Reference> references;
    for (const auto& tag : tags) references.push_back(parse_remote(tag));
    if (push && references.empty()) {
      throw Error(Errc::usage, "--push: the index has no name").with_hint("give it one with --tag");
    }
    const auto store = open_store();
    const auto use = store.in_use();
    IndexMaker maker(store);
    for (const auto& image : images) maker.add(image);
    for (const auto& annotation : annotations) maker.annotate(annotation);
    const auto entry = maker.write();
    for (const auto& reference : references) store.blobs().set_tag(reference.str(), entry);
    if (!layout.empty()) write_layout(entry, references, store);
    if (!digest_file.empty()) write_file_if_changed(digest_file, entry.digest.str() + '\n');
    if (push) push_and_tell(store.blobs(), entry, references, store);
    fmt::print("{}\n", entry.digest.str());
  }

 private:
  void write_layout(const Descriptor& entry, const std::vector<Reference>& references,
                    const Store& store) const {
    const auto target = Layout::create(layout);
    copy_image(store.blobs(), entry, target);
    Index names;
    for (const auto& reference : references) {
      auto named = entry;
      named.annotations[std::string(image_name_annotation)] = reference.str();
      named.annotations[std::string(ref_name_annotation)] = reference.tag;
      names.manifests.push_back(std::move(named));
    }
    if (references.empty()) names.manifests.push_back(entry);
    target.write_index(names);
  }
};

}  // namespace

void add_index_command(Command& program, Session&) {
  auto command = std::make_shared<IndexCommand>();
  auto index = program.add("index", "Join images of several platforms into one");
  index.list("images", command->images, image_argument_help, {"", Need::required});
  index.repeatable("-t,--tag", command->tags, "A name for the index");
  index.repeatable("--annotation", command->annotations, "An annotation of the index: NAME=VALUE");
  index.option("--layout", command->layout, "An OCI image layout to write", {"DIR"});
  index.option("--digest-file", command->digest_file, "A file for the index's digest", {"FILE"});
  index.flag("--push", command->push, "Push it under its names");
  index.action([command] { command->run(); });
}

}  // namespace slipway::cli
