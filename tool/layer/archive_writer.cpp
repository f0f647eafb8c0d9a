#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <exception>
#include <memory>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "layer/archive.hpp"
#include "oci/docker_archive.hpp"
#include "oci/reference.hpp"

namespace slipway {
namespace {

constexpr std::size_t piece_size = std::size_t{256} * 1024;

/// A tar of regular files: owner root, mode 0644, time 0, no names of users.
class TarWriter {
 public:
  explicit TarWriter(const ByteSink& sink) : sink_(sink), archive_(archive_write_new()) {
    if (!archive_) throw Error(Errc::environment, "write archive: out of memory");
    // Restricted: extended headers only where ustar has no room (over 8 GiB).
    check(archive_write_set_format_pax_restricted(archive_.get()));
    check(archive_write_set_bytes_per_block(archive_.get(), 0));
    check(archive_write_open(archive_.get(), this, nullptr, &TarWriter::pass_on, nullptr));
  }

  TarWriter(TarWriter&&) = delete;
  TarWriter& operator=(TarWriter&&) = delete;

  /// Freeing an unfinished archive writes its end, which nobody is to see.
  ~TarWriter() { dropping_ = true; }

  void begin(const std::string& name, std::uint64_t size) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              &archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    check(archive_write_header(archive_.get(), entry.get()));
  }

  void write(std::span<const std::byte> bytes) {
    check(archive_write_data(archive_.get(), bytes.data(), bytes.size()));
  }

  void file(const std::string& name, std::string_view content) {
    begin(name, content.size());
    write(std::as_bytes(std::span(content)));
  }

  void finish() { check(archive_write_close(archive_.get())); }

 private:
  struct Free {
    void operator()(archive* handle) const noexcept { archive_write_free(handle); }
  };

  /// Never fails to libarchive: 3.6 leaks when its output does. The error waits
  /// for check(), and what comes after it is dropped.
  static la_ssize_t pass_on(archive* /*handle*/, void* self, const void* bytes, size_t size) {
    auto& writer = *static_cast<TarWriter*>(self);
    if (!writer.dropping_) {
      try {
        writer.sink_({static_cast<const std::byte*>(bytes), size});
      } catch (...) {
        writer.failure_ = std::current_exception();
        writer.dropping_ = true;
      }
    }
    return static_cast<la_ssize_t>(size);
  }

  void check(la_ssize_t result) {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (result >= ARCHIVE_OK) return;
    throw Error(Errc::environment,
                fmt::format("write archive: {}", archive_error_string(archive_.get())));
  }

  const ByteSink& sink_;
  bool dropping_ = false;
  std::exception_ptr failure_;
  std::unique_ptr<archive, Free> archive_;
};

void read_blob(const Layout& layout, const Descriptor& blob, const ByteSink& sink) {
  BlobReader reader = layout.read(blob);
  std::vector<std::byte> buffer(piece_size);
  while (const std::size_t count = reader.read(buffer)) sink(std::span(buffer).first(count));
}

/// A manifest with its blobs, or an index with all that it names; each once.
void write_blobs(TarWriter& tar, const Layout& layout, const Descriptor& entry,
                 std::set<Digest>& written) {
  const auto write = [&](const Descriptor& blob) {
    if (!written.insert(blob.digest).second) return;
    tar.begin("blobs/sha256/" + blob.digest.hex(), blob.size);
    read_blob(layout, blob, [&](auto bytes) { tar.write(bytes); });
  };
  write(entry);
  const std::string text = layout.read_document(entry);
  if (is_index(entry)) {
    for (const Descriptor& inner : parse_index(text).manifests)
      write_blobs(tar, layout, inner, written);
    return;
  }
  const Manifest manifest = parse_manifest(text);
  layout.require(manifest.layers);
  write(manifest.config);
  for (const Descriptor& layer : manifest.layers) write(layer);
}

void write_oci(TarWriter& tar, const Layout& layout, const Descriptor& top,
               const std::vector<std::string>& names) {
  Index index;
  for (const std::string& name : names) {
    Descriptor entry = top;
    entry.annotations = {{std::string(image_name_annotation), name},
                         {std::string(ref_name_annotation), Reference::parse(name).tag}};
    index.manifests.push_back(std::move(entry));
  }
  if (names.empty()) {
    index.manifests.push_back(top);
    index.manifests.back().annotations.clear();
  }
  tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  tar.file("index.json", to_json(index));
  std::set<Digest> written;
  write_blobs(tar, layout, top, written);
}

/// Hand over the layer without its zstd.
void read_unpacked(const Layout& layout, const Descriptor& layer, const ByteSink& sink) {
  Decompressor decompressor(sink);
  read_blob(layout, layer, [&](auto bytes) { decompressor.write(bytes); });
  decompressor.finish();
}

void write_docker_layer(TarWriter& tar, const std::string& name, const Layout& layout,
                        const Descriptor& layer) {
  if (!layer.media_type.ends_with("zstd")) {
    tar.begin(name, layer.size);
    read_blob(layout, layer, [&](auto bytes) { tar.write(bytes); });
    return;
  }
  // A tar header needs the size first, and the blob does not tell it.
  std::uint64_t size = 0;
  read_unpacked(layout, layer, [&](auto bytes) { size += bytes.size(); });
  tar.begin(name, size);
  read_unpacked(layout, layer, [&](auto bytes) { tar.write(bytes); });
}

void write_docker(TarWriter& tar, const Layout& layout, const LocatedImage& image,
                  const std::vector<std::string>& names, std::size_t known = 0) {
  const std::vector<Descriptor>& layers = image.manifest.layers;
  if (image.config.diff_ids.size() != layers.size()) {
    throw Error(Errc::input, fmt::format("the manifest has {} layers, the config has {} diff IDs",
                                         layers.size(), image.config.diff_ids.size()));
  }
  layout.require({layers.begin() + static_cast<std::ptrdiff_t>(known), layers.end()});
  DockerArchiveImage entry{.config = image.manifest.config.digest.hex() + ".json",
                           .repo_tags = names};
  std::set<Digest> written;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Digest& diff_id = image.config.diff_ids[i];
    entry.layers.push_back(diff_id.hex() + "/layer.tar");
    if (i >= known && written.insert(diff_id).second) {
      write_docker_layer(tar, entry.layers.back(), layout, layers[i]);
    }
  }
  tar.file(entry.config, layout.read_document(image.manifest.config));
  tar.file(std::string(docker_archive_manifest), to_json(std::vector{std::move(entry)}));
}

}  // namespace

void write_archive(ArchiveKind kind, const Layout& layout, const LocatedImage& image,
                   const std::vector<std::string>& names, const ByteSink& sink) {
  TarWriter tar(sink);
  if (kind == ArchiveKind::oci) {
    write_oci(tar, layout, image.descriptor, names);
  } else {
    write_docker(tar, layout, image, names);
  }
  tar.finish();
}

void write_docker_archive(const Layout& layout, const LocatedImage& image,
                          const std::vector<std::string>& names, std::size_t known,
                          const ByteSink& sink) {
  TarWriter tar(sink);
  write_docker(tar, layout, image, names, known);
  tar.finish();
}

void write_oci_archive(const Layout& layout, const Descriptor& entry,
                       const std::vector<std::string>& names, const ByteSink& sink) {
  TarWriter tar(sink);
  write_oci(tar, layout, entry, names);
  tar.finish();
}

}  // namespace slipway
