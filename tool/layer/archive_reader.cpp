#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "layer/archive.hpp"
#include "layer/view.hpp"
#include "oci/docker_archive.hpp"

namespace slipway {
namespace {

constexpr std::size_t file_read_size = std::size_t{256} * 1024;
constexpr std::size_t document_limit = std::size_t{4} * 1024 * 1024;
constexpr std::string_view blob_folder = "blobs/sha256/";

/// The entries of a tar, one after the other.
class ArchiveFile {
 public:
  explicit ArchiveFile(const std::filesystem::path& path)
      : fd_(open_file(path, O_RDONLY)), archive_(archive_read_new()) {
    if (!archive_) throw Error(Errc::environment, "out of memory");
    // Named one by one: "all" would run other programs for rare formats.
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    archive_read_support_filter_xz(archive_.get());
    archive_read_support_filter_bzip2(archive_.get());
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_empty(archive_.get());
    check(archive_read_open_fd(archive_.get(), fd_.get(), file_read_size));
  }

  /// Go to the next entry; false at the end.
  bool next() {
    const int result = archive_read_next_header(archive_.get(), &entry_);
    if (result == ARCHIVE_EOF) return false;
    check(result);
    return true;
  }

  /// The entry's path without "./" and the like; empty for names in no charset.
  std::string name() const { return cleaned(archive_entry_pathname(entry_)); }

  bool is_file() const {
    return archive_entry_filetype(entry_) == AE_IFREG && archive_entry_hardlink(entry_) == nullptr;
  }

  /// Where a symlink or hard link leads, from the root of the archive.
  std::optional<std::string> link() const {
    if (const char* target = archive_entry_hardlink(entry_)) return cleaned(target);
    const char* target = archive_entry_symlink(entry_);
    if (target == nullptr) return std::nullopt;
    const std::string own = name();
    return clean_path(own.substr(0, own.rfind('/') + 1) + target);
  }

  std::size_t read(std::span<std::byte> bytes) {
    const la_ssize_t count = archive_read_data(archive_.get(), bytes.data(), bytes.size());
    if (count < 0) check(static_cast<int>(count));
    return static_cast<std::size_t>(count);
  }

  /// The whole entry, which must be small.
  std::string text() {
    std::string content(document_limit + 1, '\0');
    const std::size_t size = read(std::as_writable_bytes(std::span(content)));
    if (size > document_limit) {
      throw Error(Errc::input, fmt::format("'{}' is longer than 4 MiB", name()));
    }
    content.resize(size);
    return content;
  }

 private:
  struct Free {
    void operator()(archive* handle) const noexcept { archive_read_free(handle); }
  };

  static std::string cleaned(const char* path) { return path ? clean_path(path) : std::string(); }

  void check(int result) const {
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
    throw Error(Errc::input, archive_error_string(archive_.get()));
  }

  Fd fd_;
  std::unique_ptr<archive, Free> archive_;
  archive_entry* entry_ = nullptr;
};

/// What the first pass over an archive finds.
struct Survey {
  std::optional<std::string> index = {};     ///< index.json: an OCI layout
  std::optional<std::string> manifest = {};  ///< manifest.json: a docker archive
  std::map<std::string, std::string> links = {};
};

void import_blob(ArchiveFile& tar, const Layout& into) {
  const std::string name = tar.name();
  const Digest digest = Digest::parse("sha256:" + name.substr(blob_folder.size()));
  BlobWriter blob = into.begin();
  std::vector<std::byte> buffer(file_read_size);
  while (const std::size_t count = tar.read(buffer)) blob.write(std::span(buffer).first(count));
  const Descriptor found = std::move(blob).commit("");
  if (found.digest != digest) {
    throw Error(Errc::integrity, fmt::format("'{}' has the digest {}", name, found.digest.str()));
  }
}

/// Blobs are named by their digests wherever the index stands, so one pass
/// brings in all of an OCI archive.
Survey survey(const std::filesystem::path& path, const Layout& into) {
  Survey found;
  ArchiveFile tar(path);
  while (tar.next()) {
    const std::string name = tar.name();
    if (const auto target = tar.link()) {
      found.links.insert_or_assign(name, *target);
    } else if (!tar.is_file()) {
      continue;
    } else if (name.starts_with(blob_folder)) {
      import_blob(tar, into);
    } else if (name == "index.json") {
      found.index = tar.text();
    } else if (name == docker_archive_manifest) {
      found.manifest = tar.text();
    }
  }
  return found;
}

std::vector<std::string> names_of(const Descriptor& descriptor) {
  for (const std::string_view key : {image_name_annotation, ref_name_annotation}) {
    const auto found = descriptor.annotations.find(std::string(key));
    if (found != descriptor.annotations.end()) return {found->second};
  }
  return {};
}

/// The images of an index; one with several names has an entry for each.
std::vector<ArchivedImage> images_of(const Index& index) {
  std::vector<ArchivedImage> images;
  for (const Descriptor& entry : index.manifests) {
    const auto same = std::ranges::find(
        images, entry.digest, [](const ArchivedImage& image) { return image.descriptor.digest; });
    ArchivedImage& image = same != images.end() ? *same : images.emplace_back(ArchivedImage{entry});
    for (std::string& name : names_of(entry)) image.names.push_back(std::move(name));
    image.descriptor.annotations.clear();
  }
  return images;
}

/// A layer of a docker archive, in the layout.
struct ImportedLayer {
  Descriptor blob = {};
  Digest diff_id = Digest::of("");
};

std::string_view docker_suffix(std::span<const std::byte> head) {
  const auto starts_with = [&](std::initializer_list<unsigned char> magic) {
    return head.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), head.begin(),
                      [](unsigned char a, std::byte b) { return std::byte{a} == b; });
  };
  if (starts_with({0x1f, 0x8b})) return ".gzip";
  if (starts_with({0x28, 0xb5, 0x2f, 0xfd})) return ".zstd";
  return "";
}

ImportedLayer import_layer(ArchiveFile& tar, const Layout& into) {
  BlobWriter blob = into.begin();
  Sha256 uncompressed;
  Decompressor decompressor([&](auto bytes) { uncompressed.update(bytes); });
  std::vector<std::byte> buffer(file_read_size);
  std::size_t count = tar.read(buffer);
  const std::string_view suffix = docker_suffix(std::span(buffer).first(count));
  for (; count > 0; count = tar.read(buffer)) {
    const auto piece = std::span<const std::byte>(buffer).first(count);
    blob.write(piece);
    if (!suffix.empty()) decompressor.write(piece);
  }
  Descriptor descriptor =
      std::move(blob).commit(std::string(media_type::docker_layer) + std::string(suffix));
  if (suffix.empty()) return {descriptor, descriptor.digest};
  decompressor.finish();
  return {std::move(descriptor), Digest::from_hex(uncompressed.finish())};
}

/// The files of a docker archive that its images name, by the names they use.
class DockerFiles {
 public:
  DockerFiles(const std::filesystem::path& path, const Survey& survey,
              const std::vector<DockerArchiveImage>& images, const Layout& into)
      : links_(survey.links) {
    for (const DockerArchiveImage& image : images) {
      configs_.try_emplace(target(image.config));
      for (const std::string& layer : image.layers) layers_.try_emplace(target(layer));
    }
    ArchiveFile tar(path);
    while (tar.next()) {
      if (!tar.is_file()) continue;
      const std::string name = tar.name();
      if (const auto config = configs_.find(name); config != configs_.end()) {
        config->second = tar.text();
      } else if (const auto layer = layers_.find(name); layer != layers_.end()) {
        layer->second = import_layer(tar, into);
      }
    }
  }

  const std::string& config(const std::string& name) const { return required(configs_, name); }
  const ImportedLayer& layer(const std::string& name) const { return required(layers_, name); }

 private:
  /// Where links lead; `docker save` writes a repeated layer as a symlink.
  std::string target(const std::string& name) const {
    std::string path = clean_path(name);
    for (int hops = 0; hops < 8; ++hops) {
      const auto link = links_.find(path);
      if (link == links_.end()) break;
      path = link->second;
    }
    return path;
  }

  template <typename Value>
  const Value& required(const std::map<std::string, std::optional<Value>>& files,
                        const std::string& name) const {
    const std::optional<Value>& found = files.at(target(name));
    if (!found) throw Error(Errc::input, fmt::format("'{}' is missing", name));
    return *found;
  }

  const std::map<std::string, std::string>& links_;
  std::map<std::string, std::optional<std::string>> configs_;
  std::map<std::string, std::optional<ImportedLayer>> layers_;
};

/// Configs are named by their digest: "<hex>.json".
void check_config_name(const std::string& name, const Digest& digest) {
  const std::string stem = std::filesystem::path(name).stem().string();
  const bool is_digest =
      stem.size() == 64 && stem.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_digest || stem == digest.hex()) return;
  throw Error(Errc::integrity, fmt::format("'{}' has the digest {}", name, digest.str()));
}

ArchivedImage import_docker_image(const DockerArchiveImage& image, const DockerFiles& files,
                                  const Layout& into) {
  const std::string& text = files.config(image.config);
  const ImageConfig config = parse_image_config(text);
  if (config.diff_ids.size() != image.layers.size()) {
    throw Error(Errc::input, fmt::format("'{}' has {} diff IDs for {} layers", image.config,
                                         config.diff_ids.size(), image.layers.size()));
  }
  Manifest manifest{.format = ImageFormat::docker,
                    .config = into.write_document(text, media_type::docker_config)};
  check_config_name(image.config, manifest.config.digest);
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const ImportedLayer& layer = files.layer(image.layers[i]);
    if (layer.diff_id != config.diff_ids[i]) {
      throw Error(Errc::integrity,
                  fmt::format("'{}' has the diff ID {}, its image says {}", image.layers[i],
                              layer.diff_id.str(), config.diff_ids[i].str()));
    }
    manifest.layers.push_back(layer.blob);
  }
  ArchivedImage result{into.write_document(to_json(manifest), media_type::docker_manifest),
                       image.repo_tags};
  result.descriptor.platform = config.platform;
  return result;
}

ImportedArchive import_from(const std::filesystem::path& path, const Layout& into) {
  const Survey found = survey(path, into);
  if (found.index) return {ArchiveKind::oci, images_of(parse_index(*found.index))};
  if (!found.manifest) {
    throw Error(Errc::input, "it holds neither index.json nor manifest.json");
  }
  const std::vector<DockerArchiveImage> images = parse_docker_archive(*found.manifest);
  const DockerFiles files(path, found, images, into);
  ImportedArchive archive{ArchiveKind::docker};
  for (const DockerArchiveImage& image : images) {
    archive.images.push_back(import_docker_image(image, files, into));
  }
  return archive;
}

}  // namespace

ImportedArchive import_archive(const std::filesystem::path& path, const Layout& into) {
  return with_context([&] { return fmt::format("read image archive '{}'", path.native()); },
                      [&] { return import_from(path, into); });
}

}  // namespace slipway
