#include "layer/image_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "layer/archive.hpp"
#include "oci/reference.hpp"

namespace slipway {
namespace {

using Where = ImageName::Where;

struct Scheme {
  std::string_view prefix;
  Where where;
};
constexpr std::array<Scheme, 3> schemes = {{{"oci:", Where::layout},
                                            {"oci-archive:", Where::oci_archive},
                                            {"docker-archive:", Where::docker_archive}}};
constexpr std::string_view registry_scheme = "docker://";

/// Stores of other engines, and the program that reads each.
struct EngineScheme {
  std::string_view prefix;
  Where where;
  std::string_view program;
};
constexpr std::array<EngineScheme, 2> engines = {
    {{"docker-daemon:", Where::docker_daemon, "docker"},
     {"containers-storage:", Where::containers_storage, "podman"}}};

void require_layers(const OpenedImage& opened) {
  for (const Descriptor& layer : opened.image.manifest.layers) {
    if (opened.layout.can_read(layer)) continue;
    throw Error(Errc::input,
                fmt::format("the layer {} is missing or incomplete", layer.digest.str()));
  }
}

/// The full form of a name, with Docker's defaults; nullopt where it is no reference.
std::optional<std::string> normalised(std::string_view name) {
  try {
    return Reference::parse(name).str();
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool means(std::string_view wanted, std::string_view tagged) {
  if (wanted == tagged) return true;
  const auto full = normalised(wanted);
  return full && full == normalised(tagged);
}

const Descriptor& choose_archived(const ImportedArchive& archive, const ImageName& name) {
  const auto& images = archive.images;
  if (name.tag.empty() && images.size() == 1) return images.front().descriptor;
  std::string offered;
  for (const ArchivedImage& image : images) {
    for (const std::string& own : image.names) {
      if (!name.tag.empty() && means(name.tag, own)) return image.descriptor;
      offered += (offered.empty() ? "'" : ", '") + own + "'";
    }
  }
  if (offered.empty()) offered = "no name";
  throw Error(Errc::input,
              name.tag.empty()
                  ? fmt::format("it holds {} images; name one of: {}", images.size(), offered)
                  : fmt::format("it holds no '{}'; there is: {}", name.tag, offered));
}

}  // namespace

Descriptor import_entry(const ImageName& name, const Store& store) {
  const ImportedArchive archive = import_archive(name.path, store.blobs());
  const bool is_docker = name.where == Where::docker_archive;
  if (!is_docker && archive.kind == ArchiveKind::docker) {
    throw Error(Errc::input, "it is a docker archive")
        .with_hint(fmt::format("name it 'docker-archive:{}'", name.path.native()));
  }
  return choose_archived(archive, name);
}

namespace {

OpenedImage open_archive(const ImageName& name, const Store& store, const Platform& platform) {
  return {store.blobs(), locate_image(store.blobs(), import_entry(name, store), platform)};
}

OpenedImage open_in_engine(const ImageName& name, const Store& store, const Platform& platform) {
  const auto& engine = *std::ranges::find(engines, name.where, &EngineScheme::where);
  const TempDir folder(store.folder("tmp"), "engine-");
  const auto archive = folder.path() / "image.tar";
  // Both write Docker's archive, of the one image, unless told otherwise.
  const auto saved = run_captured(
      {.argv = {std::string(engine.program), "save", "-o", archive.native(), name.tag}});
  if (saved.status != 0) {
    throw Error(Errc::environment,
                fmt::format("'{} save' exited with status {}: {}", engine.program, saved.status,
                            printable(trim(saved.output), 400)));
  }
  return open_archive({Where::docker_archive, archive, {}}, store, platform);
}

/// A folder, or a tar of one.
OpenedImage open_layout(const ImageName& name, const Store& store, const Platform& platform) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(name.path, ignored)) {
    return open_archive({Where::oci_archive, name.path, name.tag}, store, platform);
  }
  const Layout layout = Layout::open(name.path);
  return {layout, locate_image(layout, name.tag, platform)};
}

OpenedImage open_anywhere(const ImageName& name, const Store& store, const Platform& platform) {
  switch (name.where) {
    case Where::layout:
      return open_layout(name, store, platform);
    case Where::oci_archive:
    case Where::docker_archive:
      return open_archive(name, store, platform);
    case Where::docker_daemon:
    case Where::containers_storage:
      return open_in_engine(name, store, platform);
    case Where::registry:
      throw Error(Errc::internal, "open an image: it lies in a registry");
    case Where::store:
      break;
  }
  return {store.blobs(), locate_image(store.blobs(), find_in_store(name.tag, store), platform)};
}

/// "sha256:abcd" or "abcd": the hex digits of the start of a digest, if that is what it is.
std::optional<std::string_view> digest_start(std::string_view name) {
  if (name.starts_with("sha256:")) name.remove_prefix(7);
  const bool is_hex = name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!is_hex || name.size() < 4 || name.size() > 64) return std::nullopt;
  return name;
}

}  // namespace

ImageName ImageName::parse(std::string_view text) {
  for (const auto& engine : engines) {
    if (!text.starts_with(engine.prefix)) continue;
    const auto name = text.substr(engine.prefix.size());
    (void)Reference::parse(name);
    return {.where = engine.where, .tag = std::string(name)};
  }
  if (text.starts_with(registry_scheme)) {
    const auto reference = text.substr(registry_scheme.size());
    (void)Reference::parse(reference);
    return {.where = Where::registry, .tag = std::string(reference)};
  }
  for (const auto& [prefix, where] : schemes) {
    if (!text.starts_with(prefix)) continue;
    const std::string_view rest = text.substr(prefix.size());
    const std::size_t colon = rest.find(':');
    ImageName name{.where = where, .path = rest.substr(0, colon)};
    if (colon != std::string_view::npos) name.tag = rest.substr(colon + 1);
    if (name.path.empty()) {
      throw Error(Errc::input,
                  fmt::format("name image '{}': expected a path after '{}'", text, prefix));
    }
    return name;
  }
  if (text.empty()) throw Error(Errc::input, "name image '': expected a name");
  return {.where = Where::store, .tag = std::string(text)};
}

std::string ImageName::str() const {
  if (where == Where::registry) return fmt::format("{}{}", registry_scheme, tag);
  for (const auto& engine : engines) {
    if (engine.where == where) return fmt::format("{}{}", engine.prefix, tag);
  }
  for (const auto& [prefix, scheme] : schemes) {
    if (scheme != where) continue;
    return fmt::format("{}{}{}{}", prefix, path.native(), tag.empty() ? "" : ":", tag);
  }
  return tag;
}

OpenedImage open_image(const ImageName& name, const Store& store, const Platform& platform) {
  return with_context([&] { return fmt::format("open image '{}'", name.str()); },
                      [&] {
                        OpenedImage opened = open_anywhere(name, store, platform);
                        require_layers(opened);
                        return opened;
                      });
}

OpenedImage open_image(std::string_view name, const Store& store, const Platform& platform) {
  return open_image(ImageName::parse(name), store, platform);
}

void copy_image(const Layout& from, const Descriptor& entry, const Layout& to) {
  const std::string text = from.read_document(entry);
  if (is_index(entry)) {
    for (const Descriptor& inner : parse_index(text).manifests) copy_image(from, inner, to);
  } else {
    Manifest manifest = parse_manifest(text);
    copy_blob(from, manifest.config, to);
    std::erase_if(manifest.layers, [&](const Descriptor& layer) { return to.contains(layer); });
    from.require(manifest.layers);
    for (const Descriptor& layer : manifest.layers) copy_blob(from, layer, to);
  }
  copy_blob(from, entry, to);
}

void require_image(const Layout& layout, const Descriptor& entry) {
  const std::string text = layout.read_document(entry);
  if (is_index(entry)) {
    for (const Descriptor& inner : parse_index(text).manifests) require_image(layout, inner);
    return;
  }
  layout.require(parse_manifest(text).layers);
}

OpenedImage bring_into_store(OpenedImage opened, const Store& store) {
  if (opened.layout.root() == store.root()) return opened;
  copy_image(opened.layout, opened.image.descriptor, store.blobs());
  return {store.blobs(), std::move(opened.image)};
}

std::optional<Descriptor> look_in_store(std::string_view name, const Store& store) {
  const std::vector<Descriptor> entries = store.blobs().index().manifests;
  for (const Descriptor& entry : entries) {
    const auto tag = entry.annotations.find(std::string(ref_name_annotation));
    if (tag != entry.annotations.end() && means(name, tag->second)) return entry;
  }
  std::optional<Descriptor> found;
  if (const auto start = digest_start(name)) {
    for (const Descriptor& entry : entries) {
      if (!entry.digest.hex().starts_with(*start)) continue;
      if (found && found->digest != entry.digest) {
        throw Error(Errc::input,
                    fmt::format("more than one image's digest starts with '{}'", name));
      }
      found = entry;
    }
  }
  return found;
}

Descriptor find_in_store(std::string_view name, const Store& store) {
  if (const auto found = look_in_store(name, store)) return *found;
  throw Error(Errc::input, "no image of that name in the store")
      .with_hint("bring it from its registry: slipway pull <name>");
}

}  // namespace slipway
