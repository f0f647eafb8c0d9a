#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "store/store.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view layout_file = R"({"imageLayoutVersion":"1.0.0"})";

/// Manifests and configs are small; more is a mistake or an attack.
constexpr std::uint64_t document_limit = 4u << 20;

std::string name_of(const Descriptor& descriptor) {
  const auto it = descriptor.annotations.find(std::string(ref_name_annotation));
  return it == descriptor.annotations.end() ? std::string() : it->second;
}

[[noreturn]] void refuse(const Layout& layout, std::string_view why, const Index& index) {
  std::string there;
  for (const auto& manifest : index.manifests) {
    if (!there.empty()) there += ", ";
    there += name_of(manifest).empty() ? manifest.digest.str() : name_of(manifest);
  }
  throw Error(Errc::input, fmt::format("open image layout '{}': {}", layout.root().native(), why))
      .with_hint(there.empty() ? "the layout is empty" : "the layout has: " + there);
}

/// The index's entry by tag or digest, else the only one.
Descriptor choose(const Layout& layout, const Index& index, std::string_view wanted) {
  std::vector<Descriptor> found;
  for (const auto& manifest : index.manifests) {
    if (wanted.empty() || name_of(manifest) == wanted || manifest.digest.str() == wanted) {
      found.push_back(manifest);
    }
  }
  if (found.empty()) {
    refuse(
        layout,
        wanted.empty() ? "no image in it" : fmt::format("no image '{}' in it", printable(wanted)),
        index);
  }
  const bool same =
      std::ranges::all_of(found, [&](const Descriptor& d) { return d.digest == found[0].digest; });
  if (!same) refuse(layout, "more than one image in it: name a tag", index);
  return found.front();
}

}  // namespace

Layout Layout::open(const fs::path& root) {
  if (!lstat_file(root / "oci-layout")) {
    const auto why =
        lstat_file(root) ? "not an OCI image layout (no oci-layout file)" : "no such directory";
    throw Error(Errc::input,
                fmt::format("open image layout '{}': {}", printable(root.native()), why));
  }
  return Layout(root);
}

Layout Layout::create(Layout layout) {
  make_directories(layout.root_ / "blobs" / "sha256");
  write_file_if_changed(layout.root_ / "oci-layout", layout_file, layout.scratch_);
  return layout;
}

fs::path Layout::blob_path(const Digest& digest) const {
  return root_ / "blobs" / "sha256" / digest.hex();
}

bool Layout::contains(const Descriptor& descriptor) const {
  const auto st = lstat_file(blob_path(descriptor.digest));
  return st && S_ISREG(st->st_mode) && static_cast<std::uint64_t>(st->st_size) == descriptor.size;
}

Layout Layout::with_source(std::shared_ptr<const BlobSource> source) const {
  auto layout = *this;
  layout.source_ = std::move(source);
  return layout;
}

bool Layout::can_read(const Descriptor& descriptor) const {
  return contains(descriptor) || (source_ && source_->knows(descriptor.digest));
}

void Layout::require(const std::vector<Descriptor>& descriptors) const {
  if (!source_) return;
  std::vector<Descriptor> missing;
  for (const auto& descriptor : descriptors) {
    if (!contains(descriptor) && source_->knows(descriptor.digest)) missing.push_back(descriptor);
  }
  if (!missing.empty()) source_->bring(missing);
}

void Layout::require_one(const Descriptor& descriptor) const {
  require({descriptor});
  if (lstat_file(blob_path(descriptor.digest))) return;
  throw Error(Errc::input, fmt::format("open image layout '{}': blob '{}' is missing",
                                       printable(root_.native()), descriptor.digest.str()));
}

Fd Layout::open_blob(const Descriptor& descriptor) const {
  require_one(descriptor);
  if (contains(descriptor)) return open_file(blob_path(descriptor.digest), O_RDONLY);
  throw Error(Errc::integrity, fmt::format("read blob '{}': it has not its {} bytes",
                                           descriptor.digest.str(), descriptor.size));
}

BlobReader Layout::read(const Descriptor& descriptor) const {
  require_one(descriptor);
  return {blob_path(descriptor.digest), descriptor};
}

std::string Layout::read_document(const Descriptor& descriptor) const {
  if (descriptor.size > document_limit) {
    throw Error(Errc::input, fmt::format("read blob '{}': {} bytes are too many for a document",
                                         descriptor.digest.str(), descriptor.size));
  }
  auto reader = read(descriptor);
  // One byte more than expected, so that a blob that is too long shows.
  std::string text(static_cast<std::size_t>(descriptor.size) + 1, '\0');
  std::size_t size = 0;
  while (const auto count = reader.read(std::as_writable_bytes(std::span(text)).subspan(size))) {
    size += count;
    if (size == text.size()) text.resize(text.size() * 2);
  }
  text.resize(size);
  return text;
}

BlobWriter Layout::begin() const {
  make_directories(root_ / "blobs" / "sha256");
  make_directories(scratch_);
  return {root_ / "blobs" / "sha256", scratch_};
}

Descriptor Layout::write_document(std::string_view content, std::string_view media_type) const {
  Descriptor known;
  known.media_type = media_type;
  known.digest = Digest::of(content);
  known.size = content.size();
  if (contains(known)) return known;
  auto writer = begin();
  writer.write(content);
  return std::move(writer).commit(media_type);
}

Index Layout::index() const {
  const auto text = read_file_if_exists(root_ / "index.json");
  if (!text) return {};
  return with_context(
      [&] { return fmt::format("read '{}'", printable((root_ / "index.json").native())); },
      [&] { return parse_index(*text); });
}

void Layout::write_index(const Index& index) const {
  write_file_if_changed(root_ / "index.json", to_json(index), scratch_);
}

void Layout::change_index(const std::function<void(Index&)>& change) const {
  const FileLock lock(root_ / "index.lock", FileLock::Mode::exclusive);
  auto all = index();
  change(all);
  std::ranges::stable_sort(all.manifests, {}, name_of);
  write_index(all);
}

void copy_blob(const Layout& from, const Descriptor& blob, const Layout& to) {
  if (to.contains(blob)) return;
  auto reader = from.read(blob);
  if (to.contains(blob)) return;  // another object for the same directory fetched it
  auto writer = to.begin();
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  while (const auto count = reader.read(buffer)) writer.write(std::span(buffer).first(count));
  std::move(writer).commit_as(blob);
}

void Layout::add_untagged(Descriptor manifest) const {
  manifest.annotations.clear();
  change_index([&](Index& all) {
    const auto same = [&](const Descriptor& old) { return old.digest == manifest.digest; };
    if (std::ranges::none_of(all.manifests, same)) all.manifests.push_back(std::move(manifest));
  });
}

void Layout::set_tag(const std::string& name, Descriptor manifest) const {
  change_index([&](Index& all) {
    // An image that gets a name is one without no more.
    std::erase_if(all.manifests, [&](const Descriptor& old) {
      return name_of(old) == name || (name_of(old).empty() && old.digest == manifest.digest);
    });
    manifest.annotations[std::string(ref_name_annotation)] = name;
    all.manifests.push_back(std::move(manifest));
  });
}

bool is_index(const Descriptor& descriptor) {
  return descriptor.media_type == media_type::oci_index ||
         descriptor.media_type == media_type::docker_index;
}

const Descriptor* find_platform(const Index& index, const Platform& platform) {
  const auto found = std::ranges::find_if(index.manifests, [&](const Descriptor& entry) {
    return is_index(entry) || (entry.platform && platform.accepts(*entry.platform));
  });
  return found == index.manifests.end() ? nullptr : &*found;
}

Descriptor find_entry(const Layout& layout, std::string_view tag_or_digest) {
  return choose(layout, layout.index(), tag_or_digest);
}

LocatedImage locate_image(const Layout& layout, std::string_view tag_or_digest,
                          const Platform& platform) {
  return locate_image(layout, find_entry(layout, tag_or_digest), platform);
}

LocatedImage locate_image(const Layout& layout, Descriptor descriptor, const Platform& platform) {
  // An index may hold indexes; the spec sets no depth, sense does.
  for (int depth = 0; is_index(descriptor); ++depth) {
    const auto inner = parse_index(layout.read_document(descriptor));
    const auto* found = find_platform(inner, platform);
    if (found == nullptr || depth > 4) {
      refuse(layout, fmt::format("no image for {} in it", platform.str()), inner);
    }
    descriptor = *found;
  }
  LocatedImage image;
  image.manifest = parse_manifest(layout.read_document(descriptor));
  image.config = parse_image_config(layout.read_document(image.manifest.config));
  image.descriptor = std::move(descriptor);
  if (image.config.diff_ids.size() != image.manifest.layers.size()) {
    throw Error(Errc::input,
                fmt::format("open image layout '{}': the config has {} diff IDs for {} layers",
                            printable(layout.root().native()), image.config.diff_ids.size(),
                            image.manifest.layers.size()));
  }
  return image;
}

}  // namespace slipway
