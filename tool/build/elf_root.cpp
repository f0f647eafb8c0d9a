#include "build/elf_root.hpp"

#include <elf.h>

#include <cstring>
#include <span>

namespace slipway {
namespace fs = std::filesystem;
namespace {

bool is_named_as_library(std::string_view path) {
  return path.substr(path.rfind('/') + 1).find(".so") != std::string_view::npos;
}

/// What may be a program or a library by what its entry says.
bool may_be_elf(const Entry& entry) {
  if (entry.type != EntryType::file || entry.size < sizeof(Elf32_Ehdr)) return false;
  constexpr std::uint32_t executable = 0111;
  return (entry.mode & executable) != 0 || is_named_as_library(entry.path);
}

bool is_elf(std::span<const std::byte> start) {
  return start.size() >= SELFMAG && std::memcmp(start.data(), ELFMAG, SELFMAG) == 0;
}

class RootMaker {
 public:
  RootMaker(const std::vector<Layer>& layers, const View& view, const Store& store)
      : view_(view),
        elf_files_(elf_files, layers, store),
        root_{TempDir(store.folder("tmp"), "root-")} {}

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
    const auto file = elf_files_.find(node);
    if (file.empty()) {
      // The loader takes it for a library by its name, and goes no further.
      if (is_named_as_library(path)) write_file_if_changed(place_of(path), "");
      return;
    }
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
  ViewFiles elf_files_;
  ElfRoot root_;
};

}  // namespace

const LayerFileKind elf_files = {"elf", may_be_elf, is_elf};

ElfRoot make_elf_root(const std::vector<Layer>& layers, const View& view, const Store& store) {
  return RootMaker(layers, view, store).make();
}

}  // namespace slipway
