#include "build/export.hpp"

#include <fcntl.h>

#include <memory>

#include "build/copy_items.hpp"
#include "layer/unpack.hpp"

namespace slipway {
namespace {

/// Everything in one layer without whiteouts, in a store of its own: nobody
/// else wants it, and it may be as large as the image.
class SquashedLayer {
 public:
  SquashedLayer(const std::vector<ExportedImage>& images, const Store& store)
      : folder_(store.folder("tmp"), "export-"), store_(Store::open(folder_.path())) {
    std::vector<PackItem> items;
    std::vector<std::unique_ptr<CopySource>> sources;
    for (const auto& image : images) {
      sources.push_back(open_layers(image.layers, store));
      add(image.folder, *sources.back(), items);
    }
    layer_ = pack(items, {.compression = Compression::parse("none")}, store_).layer;
  }

  BlobReader reader() const { return store_.blobs().read(layer_.blob); }

 private:
  static void add(const std::string& folder, CopySource& source, std::vector<PackItem>& items) {
    CopyRequest everything;
    everything.words.sources = {"/"};
    everything.words.destination = everything.words.destination_text =
        folder.empty() ? "/" : '/' + folder + '/';
    everything.mtime.reset();
    const auto first = items.size();
    for (auto& copied : copy_items(everything, source, View()))
      items.push_back(std::move(copied.item));
    std::vector<PackItem*> files;
    for (auto i = first; i < items.size(); ++i) {
      if (std::holds_alternative<FileBytes>(items[i].bytes)) files.push_back(&items[i]);
    }
    source.provide(files);
  }

  TempDir folder_;
  Store store_;
  Layer layer_ = {};
};

}  // namespace

void export_tar(const std::vector<ExportedImage>& images, const Store& store,
                const ByteSink& sink) {
  const SquashedLayer squashed(images, store);
  auto reader = squashed.reader();
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  while (const auto count = reader.read(buffer)) sink(std::span(buffer).first(count));
}

void export_directory(const std::vector<ExportedImage>& images, const Store& store,
                      const std::filesystem::path& into) {
  make_directories(into);
  const auto root = open_file(into, O_RDONLY | O_DIRECTORY);
  const SquashedLayer squashed(images, store);
  auto reader = squashed.reader();
  unpack([&](std::span<std::byte> bytes) { return reader.read(bytes); }, root,
         {.owners = Owners::ours, .devices = false});
}

}  // namespace slipway
