// Files go into and out of a container as a layer would: listed, packed and unpacked
// by the same code, so that links, modes, attributes and sparse files come out as
// they do there.
#include "container/copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"
#include "build/trees.hpp"
#include "container/root.hpp"
#include "layer/changes.hpp"
#include "layer/file_entry.hpp"
#include "layer/owner_notes.hpp"
#include "layer/pack.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// One side: a root, and a path in it.
struct Place {
  const Fd& root;
  std::string path = {};
  bool ends_with_slash = false;
  bool means_contents = false;  ///< it ends with "/."
  bool has_notes = false;       ///< owners are what notes on the files say

  Place(const Fd& in, const std::string& text) : root(in), path(clean(text)) {
    ends_with_slash = text.ends_with('/');
    means_contents = text == "." || text.ends_with("/.");
  }

  std::string parent() const {
    return path.substr(0, path.find_last_of('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  std::string name() const {
    return path.substr(path.find_last_of('/') == std::string::npos ? 0 : path.rfind('/') + 1);
  }

 private:
  static std::string clean(const std::string& text) {
    const auto normal = fs::path("/" + text).lexically_normal().relative_path().native();
    return normal.ends_with('/') ? normal.substr(0, normal.size() - 1) : normal;
  }
};

[[noreturn]] void refuse(const Place& place, std::string_view why) {
  throw Error(Errc::input, fmt::format("copy '/{}': {}", printable(place.path), why));
}

std::optional<struct stat> stat_in(const Place& place, int flags = 0) {
  const auto file = open_in_root(place.root, place.path, O_PATH | flags);
  struct stat found = {};
  if (!file || ::fstat(file->get(), &found) != 0) return std::nullopt;
  return found;
}

/// What is copied, named as it will be there.
struct Cargo {
  std::vector<PackItem> items = {};
  bool is_directory = false;
};

/// All of the directory; its own entry comes first, under the empty name.
Cargo list_directory_at(const Place& from) {
  const auto directory = open_in_root(from.root, from.path, O_RDONLY | O_DIRECTORY);
  if (!directory) refuse(from, "it vanished");
  ChangedTree tree;
  tree.kind = ChangedTree::Kind::whole;
  tree.path = fmt::format("/proc/self/fd/{}", directory->get());
  tree.keeps_times = true;
  tree.owners_unknown = from.has_notes;
  Cargo cargo{list_changes(tree, View()), true};
  if (cargo.items.empty() || !cargo.items.front().entry.path.empty()) {
    // Like the root that a view has before anything is in it, so no change.
    PackItem own;
    own.entry.type = EntryType::directory;
    own.entry.mode = 0755;
    cargo.items.insert(cargo.items.begin(), std::move(own));
  }
  return cargo;
}

Cargo list_file_at(const Place& from) {
  const auto parent = open_in_root(from.root, from.parent(), O_RDONLY | O_DIRECTORY);
  const auto status = parent ? stat_at(*parent, from.name()) : std::nullopt;
  if (!status) refuse(from, "there is no such file");
  PackItem item;
  auto entry = entry_of(*parent, from.name(), *status);
  if (!entry) refuse(from, "sockets cannot be copied");
  item.entry = std::move(*entry);
  if (from.has_notes) {
    item.entry.uid = item.entry.gid = 0;
    take_notes(item.entry);
  }
  item.entry.mtime = status->st_mtim.tv_sec;
  if (item.entry.type == EntryType::file) {
    item.bytes =
        FileBytes{std::make_shared<const Fd>(open_file(
                      fmt::format("/proc/self/fd/{}", parent->get()), O_PATH | O_DIRECTORY)),
                  from.name()};
  }
  Cargo cargo;
  cargo.items.push_back(std::move(item));
  return cargo;
}

/// Where the last part of a link leads, in the same root.
Place followed(const Place& from) {
  const auto file = open_in_root(from.root, from.path, O_PATH);
  const auto root = open_in_root(from.root, "", O_PATH);
  if (!file || !root) refuse(from, "there is no such file");
  std::string target(PATH_MAX, '\0');
  const auto path = fmt::format("/proc/self/fd/{}", file->get());
  target.resize(static_cast<std::size_t>(
      std::max<ssize_t>(0, ::readlink(path.c_str(), target.data(), target.size()))));
  Place place(from.root, target);
  place.has_notes = from.has_notes;
  return place;
}

/// A path of the container's.
Place inside(const ContainerRoot& root, const std::string& path) {
  Place place(root.directory, path);
  place.has_notes = root.rights == Rights::single_id;
  return place;
}

Cargo list(const Place& from, const CopyOptions& options) {
  auto status = stat_in(from, O_NOFOLLOW);
  if (!status) refuse(from, "there is no such file or directory");
  const bool is_followed = S_ISLNK(status->st_mode) &&
                           (options.follows_link || from.means_contents || from.ends_with_slash);
  if (is_followed) {
    status = stat_in(from);
    if (!status) refuse(from, "the symlink leads nowhere");
    if (S_ISDIR(status->st_mode)) return list_directory_at(from);
    return list_file_at(followed(from));
  }
  return S_ISDIR(status->st_mode) ? list_directory_at(from) : list_file_at(from);
}

void rename_all(Cargo& cargo, const std::string& name) {
  for (auto& item : cargo.items) {
    auto& entry = item.entry;
    entry.path = entry.path.empty() || !cargo.is_directory ? name : join_path(name, entry.path);
    if (entry.type == EntryType::hardlink) entry.link_target = join_path(name, entry.link_target);
  }
}

/// A cargo on its way, in a file of its own.
class PackedCargo {
 public:
  PackedCargo(const Cargo& cargo, const Store& store)
      : folder_(store.folder("tmp"), "copy-"), store_(Store::open(folder_.path())) {
    layer_ = pack(cargo.items, {.compression = Compression::parse("none")}, store_).layer;
  }

  void read(const ByteSink& sink) const {
    auto reader = store_.blobs().read(layer_.blob);
    std::vector<std::byte> buffer(std::size_t{256} * 1024);
    while (const auto count = reader.read(buffer)) sink(std::span(buffer).first(count));
  }

  void unpack_into(const Fd& directory, const UnpackOptions& options) const {
    auto reader = store_.blobs().read(layer_.blob);
    unpack([&](std::span<std::byte> bytes) { return reader.read(bytes); }, directory, options);
  }

 private:
  TempDir folder_;
  Store store_;
  Layer layer_ = {};
};

Fd open_directory_at(const Place& place, const std::string& path) {
  auto directory = open_in_root(place.root, path, O_RDONLY | O_DIRECTORY);
  if (!directory) refuse(place, fmt::format("there is no directory '/{}'", printable(path)));
  return std::move(*directory);
}

void put(Cargo cargo, const Place& from, const Place& to, const UnpackOptions& options,
         const Store& store) {
  const auto there = stat_in(to);
  const bool is_directory = there && S_ISDIR(there->st_mode);
  if (there && !is_directory && cargo.is_directory) refuse(to, "a directory cannot replace a file");
  if (!there && to.ends_with_slash && !cargo.is_directory) refuse(to, "there is no such directory");
  if (is_directory) {
    if (cargo.is_directory && from.means_contents) {
      cargo.items.erase(cargo.items.begin());  // the directory that is there keeps its mode
    } else {
      rename_all(cargo, from.name());
    }
    return PackedCargo(cargo, store).unpack_into(open_directory_at(to, to.path), options);
  }
  rename_all(cargo, to.name());
  PackedCargo(cargo, store).unpack_into(open_directory_at(to, to.parent()), options);
}

void give_to_root(Cargo& cargo, const CopyOptions& options) {
  if (options.keeps_owners) return;
  for (auto& item : cargo.items) item.entry.uid = item.entry.gid = 0;
}

UnpackOptions inside_options(const ContainerRoot& root) {
  return {.owners = owners_for(root.rights), .devices = root.rights == Rights::root};
}

UnpackOptions outside_options(const ContainerRoot& root, const CopyOptions& options) {
  const bool sets = options.keeps_owners && root.rights == Rights::root;
  return {.owners = sets ? Owners::set : Owners::ours, .devices = root.rights == Rights::root};
}

/// Before this process becomes the container's root: its folder is where it was.
std::string absolute(const std::string& path) {
  return path.starts_with('/') ? path : (fs::current_path() / path).native();
}

Fd open_machine_root() { return open_file("/", O_PATH | O_DIRECTORY); }

}  // namespace

void copy_out(const Container& container, const std::string& from, const std::string& to,
              const CopyOptions& options, const Store& store) {
  const auto target = absolute(to);
  const auto root = open_container_root(container, store);
  const auto machine = open_machine_root();
  const Place source = inside(root, from);
  put(list(source, options), source, Place(machine, target), outside_options(root, options), store);
}

void copy_in(const Container& container, const std::string& from, const std::string& to,
             const CopyOptions& options, const Store& store) {
  const auto origin = absolute(from);
  const auto machine = open_machine_root();
  const Place source(machine, origin);
  // As ourselves: what we may not read must not come in by the rights of root.
  auto cargo = list(source, options);
  give_to_root(cargo, options);
  const auto root = open_container_root(container, store);
  put(std::move(cargo), source, Place(root.directory, to), inside_options(root), store);
}

void copy_to_volumes(const Container& container, const std::vector<VolumeCopy>& copies,
                     const Store& store) {
  const auto root = open_container_root(container, store, Volumes::left_out);
  for (const auto& [from, folder] : copies) {
    const Place source = inside(root, from);
    auto cargo = list_directory_at(source);
    rename_all(cargo, folder.filename());  // the folder itself gets its mode and owner
    PackedCargo(cargo, store)
        .unpack_into(open_file(folder.parent_path(), O_RDONLY | O_DIRECTORY), inside_options(root));
  }
}

void copy_out_as_tar(const Container& container, const std::string& from,
                     const CopyOptions& options, const ByteSink& sink, const Store& store) {
  const auto root = open_container_root(container, store);
  const Place source = inside(root, from);
  auto cargo = list(source, options);
  if (!source.path.empty() && !source.means_contents) rename_all(cargo, source.name());
  PackedCargo(cargo, store).read(sink);
}

void copy_in_from_tar(const Container& container, const ByteSource& source, const std::string& to,
                      const Store& store) {
  const auto root = open_container_root(container, store);
  const Place target(root.directory, to);
  unpack(source, open_directory_at(target, target.path), inside_options(root));
}

}  // namespace slipway
