#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/engine.hpp"
#include "cli/images.hpp"
#include "cli/transfer.hpp"
#include "layer/archive.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

/// What is copied: an image, or an index with all that it names.
struct CopiedImage {
  Layout layout;
  Descriptor entry = {};
  std::optional<LocatedImage> image = {};  ///< not of an index
};

[[noreturn]] void refuse_index(std::string_view place) {
  throw Error(Errc::usage,
              fmt::format("copy: {} holds one platform's image; leave --all-platforms out", place));
}

struct CopyCommand {
  std::string from = {};
  std::string to = {};
  std::string platform = Platform::host().str();
  bool all_platforms = false;

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto target = ImageName::parse(to);
    const auto source = all_platforms ? whole_source(store) : source_image(store);
    write(source, target, store);
    fmt::print("{}\n", source.entry.digest.str());
  }

 private:
  CopiedImage source_image(const Store& store) const {
    auto opened = find_image(from, store, Platform::parse(platform));
    return {opened.layout, opened.image.descriptor, opened.image};
  }

  CopiedImage whole_source(const Store& store) const {
    auto found = find_whole(ImageName::parse(from), store);
    return {std::move(found.layout), std::move(found.entry)};
  }

  static void write(const CopiedImage& source, const ImageName& target, const Store& store) {
    using Where = ImageName::Where;
    switch (target.where) {
      case Where::registry:
        push_and_tell(source.layout, source.entry, {Reference::parse(target.tag)}, store);
        return;
      case Where::docker_daemon:
        return load(source, "docker", target);
      case Where::containers_storage:
        return load(source, "podman", target);
      case Where::layout:
        return add_to_layout(source, target);
      case Where::oci_archive:
        return write_archive_file(ArchiveKind::oci, source, target);
      case Where::docker_archive:
        return write_archive_file(ArchiveKind::docker, source, target);
      case Where::store:
        copy_image(source.layout, source.entry, store.blobs());
        store.blobs().set_tag(Reference::parse(target.tag).str(), source.entry);
        return;
    }
  }

  static void load(const CopiedImage& source, const std::string& engine, const ImageName& target) {
    if (!source.image) refuse_index("an engine's store");
    load_into_engine(engine, source.layout, *source.image, {Reference::parse(target.tag).str()});
  }

  /// Beside what the layout has; without a tag it is to be the only image.
  static void add_to_layout(const CopiedImage& source, const ImageName& target) {
    const auto layout = Layout::create(target.path);
    copy_image(source.layout, source.entry, layout);
    auto entry = source.entry;
    entry.annotations.clear();
    if (target.tag.empty()) return layout.write_index({.manifests = {entry}});
    layout.set_tag(target.tag, entry);
  }

  static void write_archive_file(ArchiveKind kind, const CopiedImage& source,
                                 const ImageName& target) {
    if (!source.image && kind == ArchiveKind::docker) refuse_index("a docker archive");
    std::vector<std::string> names;
    if (!target.tag.empty()) names.push_back(Reference::parse(target.tag).str());
    AtomicFile file(target.path);
    const ByteSink sink = [&](std::span<const std::byte> bytes) {
      write_all(file.fd(), bytes, target.path.native());
    };
    if (source.image) {
      write_archive(kind, source.layout, *source.image, names, sink);
    } else {
      write_oci_archive(source.layout, source.entry, names, sink);
    }
    std::move(file).commit();
  }
};

}  // namespace

void add_copy_command(Command& program, Session&) {
  auto command = std::make_shared<CopyCommand>();
  auto copy = program.add("copy", "Copy an image from one place to another");
  copy.option("from", command->from, image_argument_help, {"", Need::required});
  copy.option("to", command->to, "The same", {"", Need::required});
  copy.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  copy.flag("--all-platforms", command->all_platforms, "The whole index");
  copy.action([command] { command->run(); });
}

}  // namespace slipway::cli
