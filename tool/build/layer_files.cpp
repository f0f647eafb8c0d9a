#include "build/layer_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "build/record.hpp"
#include "build/rootfs.hpp"
#include "layer/unpack.hpp"

namespace slipway {
namespace fs = std::filesystem;

LayerFiles::LayerFiles(const LayerFileKind& kind, const Layer& layer, const Store& store)
    : folder_(store.folder(kind.folder) / layer.diff_id.hex()) {
  if (!lstat_file(folder_ / "index")) make(kind, layer, store);
  for (const auto& line : split(read_file(folder_ / "index"), '\n')) {
    const auto tab = line.find('\t');
    if (tab != std::string::npos)
      files_.emplace(unescaped(line.substr(tab + 1)), line.substr(0, tab));
  }
}

fs::path LayerFiles::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? fs::path() : folder_ / found->second;
}

void LayerFiles::make(const LayerFileKind& kind, const Layer& layer, const Store& store) const {
  const FileLock lock(folder_.native() + ".lock", FileLock::Mode::exclusive);
  if (lstat_file(folder_ / "index")) return;
  const TempDir unfinished(store.folder("tmp"), "files-");
  std::vector<std::string> wanted;
  for (const auto& entry : contents_of(layer, store).entries) {
    if (kind.is_wanted(entry)) wanted.push_back(entry.path);
  }
  std::string index;
  int number = 0;
  Fd out;
  bool is_begun = false;
  const auto take = [&](const std::string& path, std::span<const std::byte> bytes) {
    if (bytes.empty()) {
      if (out) out.close_checked(path);
      is_begun = false;
      return;
    }
    if (!is_begun && kind.is_kept(bytes)) {
      out = open_file(unfinished.path() / std::to_string(++number), O_WRONLY | O_CREAT | O_TRUNC,
                      0600);
      index += fmt::format("{}\t{}\n", number, escaped(path));
    }
    is_begun = true;
    if (out) write_all(out, bytes, path);
  };
  if (!wanted.empty()) {
    auto reader = store.blobs().read(layer.blob);
    extract([&](std::span<std::byte> bytes) { return reader.read(bytes); }, wanted, take);
  }
  write_file_if_changed(unfinished.path() / "index", index);
  fs::rename(unfinished.path(), folder_);
}

ViewFiles::ViewFiles(const LayerFileKind& kind, const std::vector<Layer>& layers,
                     const Store& store) {
  for (const auto& layer : layers) layers_.emplace_back(kind, layer, store);
}

fs::path ViewFiles::find(const View::Node& node) const {
  return layers_[node.layer].find(node.data_path.empty() ? node.entry.path : node.data_path);
}

}  // namespace slipway
