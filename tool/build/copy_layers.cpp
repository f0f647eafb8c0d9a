#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/copy_source.hpp"
#include "build/rootfs.hpp"
#include "layer/unpack.hpp"

namespace slipway {
namespace {

/// A stage's or image's filesystem. Its files lie in compressed tars, so those
/// that a COPY takes are extracted first, each layer read once.
class LayersSource final : public CopySource {
 public:
  LayersSource(std::vector<Layer> layers, const Store& store)
      : layers_(std::move(layers)), store_(store), view_(view_of(layers_, store)) {}

  std::optional<SourceNode> lookup(std::string_view path) override { return find(path, true); }

  std::optional<SourceNode> lookup_itself(std::string_view path) override {
    return find(path, false);
  }

  std::vector<SourceNode> children(const SourceNode& directory) override {
    std::vector<SourceNode> result;
    for (const auto& [name, child] : view_.find(directory.path)->children) {
      const auto path = directory.path.empty() ? name : fmt::format("{}/{}", directory.path, name);
      result.push_back(node(path, *child));
    }
    return result;
  }

  std::string hint_for_missing(std::string_view) override {
    return "paths start at the root of the stage or image, whatever its WORKDIR";
  }

  void provide(std::vector<PackItem*>& files) override {
    if (files.empty()) return;
    extracted_ = std::make_unique<TempDir>(store_.folder("tmp"), "extract-");
    const auto root =
        std::make_shared<const Fd>(open_file(extracted_->path(), O_PATH | O_DIRECTORY));
    // Several items may want one file, so files are named by number.
    std::map<std::size_t, std::map<std::string, std::string>> wanted;
    for (auto* item : files) {
      auto& bytes = std::get<FileBytes>(item->bytes);
      const auto* source = view_.find(bytes.path);
      auto& name = wanted[source->layer][source->data_path];
      if (name.empty()) name = fmt::format("{}-{}", source->layer, wanted[source->layer].size());
      bytes = {root, name};
    }
    for (const auto& [layer, names] : wanted) extract_layer(layer, names);
  }

  const std::vector<std::string>& read() const override { return read_; }

 private:
  std::optional<SourceNode> find(std::string_view path, bool follow_last) const {
    const auto found = view_.resolve(path, follow_last);
    if (found.node == nullptr) return std::nullopt;
    return node(found.path, *found.node);
  }

  SourceNode node(const std::string& path, const View::Node& found) const {
    const auto& entry = found.entry;
    if (entry.type == EntryType::hardlink) {
      throw Error(Errc::input, fmt::format("read hard link '{}': its target '{}' is not there",
                                           printable(path), printable(entry.link_target)));
    }
    SourceNode result;
    result.path = path;
    result.entry = entry;
    result.entry.path.clear();
    if (entry.type == EntryType::file) {
      result.bytes.path = path;
      result.signature = entry.content ? entry.content->hex() : std::string();
      if (found.linked) result.identity = fmt::format("{}:{}", found.layer, found.data_path);
    } else if (entry.type == EntryType::symlink) {
      result.signature = entry.link_target;
    }
    return result;
  }

  void extract_layer(std::size_t index, const std::map<std::string, std::string>& names) const {
    std::vector<std::string> wanted;
    for (const auto& [path, name] : names) wanted.push_back(path);
    auto reader = store_.blobs().read(layers_[index].blob);
    Fd out;
    extract([&](std::span<std::byte> bytes) { return reader.read(bytes); }, wanted,
            [&](const std::string& path, std::span<const std::byte> bytes) {
              if (!out)
                out = open_file(extracted_->path() / names.at(path), O_WRONLY | O_CREAT | O_TRUNC,
                                0600);
              write_all(out, bytes, path);
              if (bytes.empty()) out.close_checked(path);
            });
  }

  std::vector<Layer> layers_;
  const Store& store_;
  View view_;
  std::unique_ptr<TempDir> extracted_ = {};
  std::vector<std::string> read_ = {};  // layers never change
};

}  // namespace

std::unique_ptr<CopySource> open_layers(const std::vector<Layer>& layers, const Store& store) {
  return std::make_unique<LayersSource>(layers, store);
}

}  // namespace slipway
