// The layer that a command makes.
//
// overlayfs (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque
// directories") keeps in the upper directory whatever was made or changed, a
// device 0:0 for what was removed, and an attribute on directories that hide
// their namesake. Where there is no overlay all of the root is compared with
// the view beneath. Either way a layer comes out (image-spec layer.md):
// whiteouts, opaque directories, and entries that replace.
#include "layer/changes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <unordered_set>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"
#include "layer/file_entry.hpp"
#include "layer/owner_notes.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace {

using Node = View::Node;

bool has_directory(const Node* node) {
  return node != nullptr && node->entry.type == EntryType::directory;
}

bool same_metadata(const Entry& a, const Entry& b) {
  return a.type == b.type && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid &&
         a.size == b.size && a.link_target == b.link_target && a.device_major == b.device_major &&
         a.device_minor == b.device_minor && a.xattrs == b.xattrs;
}

Digest digest_of(const Fd& directory, const std::string& name) {
  const Fd file(::openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) throw Error::from_errno(errno, fmt::format("open '{}'", printable(name)));
  return Digest::from_hex(sha256_hex(file, name));
}

class ChangeWalk {
 public:
  ChangeWalk(const ChangedTree& tree, const View& beneath)
      : tree_(tree),
        beneath_(beneath),
        root_(std::make_shared<const Fd>(open_file(tree.path, O_PATH | O_DIRECTORY))) {
    for (const auto& path : tree.mount_points) stubs_.insert(clean_path(path));
    if (!tree.links.empty()) links_ = read_link_notes(tree.links);
  }

  std::vector<PackItem> run() && {
    struct stat status = {};
    if (::fstat(root_->get(), &status) != 0)
      throw Error::from_errno(errno, "stat the changed root");
    const Fd directory = open_directory("");
    auto entry = entry_of(directory, ".", status).value();
    set_owner(entry, &beneath_.root(), directory, ".");
    set_time(entry, status);
    enter("", std::move(entry), &beneath_.root());
    // No recursion: a command can nest directories deeper than the stack is.
    while (!open_.empty()) step();
    return std::move(items_);
  }

 private:
  /// A directory whose names are being looked at.
  struct Frame {
    std::string path = {};
    const Node* beneath = nullptr;  ///< null: nothing of it lies beneath
    Fd directory = {};
    std::vector<std::string> names = {};
    std::size_t next = 0;
    std::size_t first_item = 0;  ///< its own, when it has one
    bool is_stub = false;
  };

  bool is_whole() const { return tree_.kind == ChangedTree::Kind::whole; }

  Fd open_directory(const std::string& path) const {
    auto directory = open_long_in_root(*root_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory)
      throw Error(Errc::environment, fmt::format("open '{}': it vanished", printable(path)));
    return std::move(*directory);
  }

  void step() {
    if (open_.back().next == open_.back().names.size()) return leave();
    Frame& frame = open_.back();
    if (!frame.directory) frame.directory = open_directory(frame.path);
    const std::string name = frame.names[frame.next++];
    const Node* node = nullptr;
    if (frame.beneath != nullptr) {
      const auto found = frame.beneath->children.find(name);
      if (found != frame.beneath->children.end()) node = found->second.get();
    }
    visit(frame.directory, name, join_path(frame.path, name), node);
  }

  void leave() {
    const Frame frame = std::move(open_.back());
    open_.pop_back();
    if (is_whole() && frame.beneath != nullptr) {
      for (const auto& [name, node] : frame.beneath->children) {
        if (!std::ranges::binary_search(frame.names, name))
          add_mark(join_path(frame.path, name), EntryType::whiteout);
      }
    }
    const bool is_empty = items_.size() == frame.first_item + 1;
    if (frame.is_stub && is_empty) items_.pop_back();
  }

  void visit(const Fd& directory, const std::string& name, const std::string& path,
             const Node* node) {
    const auto status = stat_at(directory, name);
    if (!status) return;
    if (is_whiteout(*status)) {
      if (node != nullptr) add_mark(path, EntryType::whiteout);
      return;
    }
    auto entry = entry_of(directory, name, *status);
    if (!entry) return;
    set_owner(*entry, node, directory, name);
    set_time(*entry, *status);
    if (entry->type == EntryType::directory) return enter(path, std::move(*entry), node);
    if (node == nullptr && is_stub(path, *entry)) return;
    if (is_whole() && node != nullptr && is_unchanged(directory, name, *status, *entry, *node))
      return;
    add(path, std::move(*entry), *status);
  }

  void set_owner(Entry& entry, const Node* node, const Fd& directory,
                 const std::string& name) const {
    if (!tree_.owners_unknown) return;
    entry.uid = node == nullptr ? 0 : node->entry.uid;
    entry.gid = node == nullptr ? 0 : node->entry.gid;
    take_notes(entry);
    if (links_.empty() || (entry.type != EntryType::symlink && entry.type != EntryType::fifo))
      return;
    const auto found = links_.find(birth_of(directory, name));
    if (found == links_.end()) return;
    entry.uid = found->second.uid;
    entry.gid = found->second.gid;
  }

  void set_time(Entry& entry, const struct stat& status) const {
    const std::int64_t changed = status.st_mtim.tv_sec;
    if (tree_.keeps_times) {
      entry.mtime = changed;
    } else if (entry.type == EntryType::directory) {
      entry.mtime = tree_.epoch;
    } else {
      entry.mtime = std::clamp<std::int64_t>(changed, 0, tree_.epoch);
    }
  }

  /// A device, too: where nothing can be mounted, /dev holds some.
  bool is_stub(const std::string& path, const Entry& entry) const {
    return entry.size == 0 && entry.type != EntryType::symlink && stubs_.contains(path);
  }

  void enter(const std::string& path, Entry entry, const Node* node) {
    Fd directory = open_directory(path);
    const bool hides = !is_whole() && has_directory(node) && is_opaque(directory);
    const bool is_change = hides || !has_directory(node) || !same_metadata(entry, node->entry);
    Frame frame{
        path, has_directory(node) && !hides ? node : nullptr, {}, list_directory(directory, path)};
    frame.first_item = items_.size();
    frame.is_stub = is_change && node == nullptr && stubs_.contains(path);
    if (is_change) put(path, std::move(entry), {});
    if (hides && !node->children.empty()) add_mark(path, EntryType::opaque);
    // One descriptor at a time: parents are opened again when they go on.
    if (!open_.empty()) open_.back().directory = Fd();
    frame.directory = std::move(directory);
    open_.push_back(std::move(frame));
  }

  bool is_unchanged(const Fd& directory, const std::string& name, const struct stat& status,
                    const Entry& entry, const Node& node) const {
    const Node* data = &node;
    if (node.entry.type == EntryType::hardlink)
      data = beneath_.find(clean_path(node.entry.link_target));
    if (data == nullptr || !same_metadata(entry, data->entry)) return false;
    if (entry.type != EntryType::file || nanoseconds(status.st_ctim) < tree_.copied_at_ns)
      return true;
    return data->entry.content == digest_of(directory, name);
  }

  void add(const std::string& path, Entry entry, const struct stat& status) {
    const bool has_names = status.st_nlink > 1;
    if (has_names) {
      const auto [first, is_first] = names_.try_emplace(FileId::of(status), path);
      if (!is_first) {
        entry.type = EntryType::hardlink;
        entry.link_target = first->second;
        entry.size = 0;
        entry.xattrs.clear();
      }
    }
    std::variant<std::monostate, FileBytes, std::string> bytes;
    if (entry.type == EntryType::file) bytes = FileBytes{root_, path};
    put(path, std::move(entry), std::move(bytes));
  }

  void put(const std::string& path, Entry entry,
           std::variant<std::monostate, FileBytes, std::string> bytes) {
    entry.path = path;
    items_.push_back({std::move(entry), std::move(bytes)});
  }

  void add_mark(std::string path, EntryType type) {
    Entry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.mtime = tree_.epoch;
    items_.push_back({std::move(entry), {}});
  }

  const ChangedTree& tree_;
  const View& beneath_;
  std::shared_ptr<const Fd> root_;
  std::unordered_set<std::string> stubs_ = {};
  LinkOwners links_ = {};
  std::vector<Frame> open_ = {};
  std::unordered_map<FileId, std::string, FileIdHash> names_ = {};
  std::vector<PackItem> items_ = {};
};

}  // namespace

std::vector<PackItem> list_changes(const ChangedTree& tree, const View& beneath) {
  return ChangeWalk(tree, beneath).run();
}

}  // namespace slipway
