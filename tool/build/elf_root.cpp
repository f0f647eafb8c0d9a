#include "build/elf_root.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <unordered_map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/record.hpp"
#include "build/rootfs.hpp"
#include "layer/unpack.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// What may be a program or a library by what its entry says.
bool may_be_elf(const Entry& entry) {
  if (entry.type != EntryType::file || entry.size < sizeof(Elf32_Ehdr)) return false;
  constexpr std::uint32_t executable = 0111;
  const auto name = std::string_view(entry.path).substr(entry.path.rfind('/') + 1);
  return (entry.mode & executable) != 0 || name.find(".so") != std::string_view::npos;
}

/// The ELF files of one layer: in a folder by number, "index" says which is which.
class LayerElfFiles {
 public:
  LayerElfFiles(const Layer& layer, const Store& store)
      : folder_(store.folder("elf") / layer.diff_id.hex()) {
    if (!lstat_file(folder_ / "index")) make(layer, store);
    for (const auto& line : split(read_file(folder_ / "index"), '\n')) {
      const auto tab = line.find('\t');
      if (tab != std::string::npos)
        files_.emplace(unescaped(line.substr(tab + 1)), line.substr(0, tab));
    }
  }

  /// Where the file of that path lies; empty: it is no ELF file.
  fs::path find(const std::string& path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? fs::path() : folder_ / found->second;
  }

 private:
  void make(const Layer& layer, const Store& store) const {
    const FileLock lock(folder_.native() + ".lock", FileLock::Mode::exclusive);
    if (lstat_file(folder_ / "index")) return;
    const TempDir unfinished(store.folder("tmp"), "elf-");
    std::vector<std::string> wanted;
    for (const auto& entry : contents_of(layer, store).entries) {
      if (may_be_elf(entry)) wanted.push_back(entry.path);
    }
    std::string index;
    int number = 0;
    Fd out;
    bool is_begun = false;
    auto reader = store.blobs().read(layer.blob);
    const auto read = [&](std::span<std::byte> bytes) { return reader.read(bytes); };
    extract(read, wanted, [&](const std::string& path, std::span<const std::byte> bytes) {
      if (bytes.empty()) {
        if (out) out.close_checked(path);
        is_begun = false;
        return;
      }
      if (!is_begun && bytes.size() >= SELFMAG && std::memcmp(bytes.data(), ELFMAG, SELFMAG) == 0) {
        out = open_file(unfinished.path() / std::to_string(++number), O_WRONLY | O_CREAT | O_TRUNC,
                        0600);
        index += fmt::format("{}\t{}\n", number, escaped(path));
      }
      is_begun = true;
      if (out) write_all(out, bytes, path);
    });
    write_file_if_changed(unfinished.path() / "index", index);
    fs::rename(unfinished.path(), folder_);
  }

  fs::path folder_;
  std::unordered_map<std::string, std::string> files_ = {};
};

class RootMaker {
 public:
  RootMaker(const std::vector<Layer>& layers, const View& view, const Store& store)
      : view_(view), root_{TempDir(store.folder("tmp"), "root-")} {
    for (const auto& layer : layers) layers_.emplace_back(layer, store);
  }

  ElfRoot make() {
    add(view_.root(), {});
    add_text("etc/ld.so.conf");
    if (const auto* folder = view_.find("etc/ld.so.conf.d")) {
      for (const auto& [name, child] : folder->children) add_text("etc/ld.so.conf.d/" + name);
    }
    return std::move(root_);
  }

 private:
  void add(const View::Node& directory, const std::string& path) {
    for (const auto& [name, child] : directory.children) {
      const auto below = path.empty() ? name : path + '/' + name;
      const auto& entry = child->entry;
      if (entry.type == EntryType::symlink) {
        fs::create_symlink(entry.link_target, place_of(below));
      } else if (entry.type == EntryType::file) {
        add_file(*child, below);
      } else if (entry.type == EntryType::directory) {
        add(*child, below);
      }
    }
  }

  void add_file(const View::Node& node, const std::string& path) {
    const auto file =
        layers_[node.layer].find(node.data_path.empty() ? node.entry.path : node.data_path);
    if (file.empty()) return;
    fs::create_hard_link(file, place_of(path));
    root_.files.push_back(root_.folder.path() / path);
  }

  void add_text(const std::string& path) {
    const auto text = view_.excerpt(path);
    const auto* node = view_.find(path);
    if (text && node != nullptr && node->entry.type == EntryType::file)
      write_file_if_changed(place_of(path), *text);
  }

  fs::path place_of(const std::string& path) {
    const auto place = root_.folder.path() / path;
    make_directories(place.parent_path());
    return place;
  }

  const View& view_;
  std::vector<LayerElfFiles> layers_ = {};
  ElfRoot root_;
};

}  // namespace

ElfRoot make_elf_root(const std::vector<Layer>& layers, const View& view, const Store& store) {
  return RootMaker(layers, view, store).make();
}

}  // namespace slipway
