#include "build/archive_items.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <deque>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/path.hpp"
#include "layer/tar_file.hpp"
#include "layer/tar_reader.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr std::uint32_t implied_directory_mode = 0755;
constexpr int most_links = 255;

Fd open_archive(const SourceNode& node) {
  auto file =
      open_long_in_root(*node.bytes.root, node.bytes.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) throw Error::from_errno(ENOENT, fmt::format("open '{}'", printable(node.path)));
  return std::move(*file);
}

class Unpacker {
 public:
  Unpacker(const std::string& destination, const CopyRequest& request, const View& below,
           ItemSet& set)
      : destination_(destination),
        request_(request),
        below_(below),
        set_(set),
        root_(std::make_shared<const Fd>(open_file(request.scratch, O_PATH | O_DIRECTORY))) {}

  void run(TarReader& reader, const std::string& archive) {
    while (const Entry* entry = reader.next()) {
      with_context([&] { return fmt::format("entry '{}'", printable(entry->path)); },
                   [&] { add(*entry, reader, archive); });
    }
    reader.finish();
  }

 private:
  void add(const Entry& entry, TarReader& reader, const std::string& archive) {
    if (entry.type == EntryType::whiteout || entry.type == EntryType::opaque) {
      throw Error(Errc::input, "names that begin with '.wh.' cannot be in an image");
    }
    if (entry.path.empty()) return;  // the destination itself keeps what it has
    const auto parent = follow(parent_name(entry.path));
    add_implied(parent);
    const auto path = join_path(parent, base_name(entry.path));
    if (entry.type == EntryType::hardlink) return add_link(path, entry);
    CopiedItem copied;
    copied.item.entry = entry;
    copied.source = archive;
    if (entry.type == EntryType::file) copied.item.bytes = extract(reader);
    put(path, std::move(copied));
  }

  /// The other name shares the item; which of them holds the bytes is decided
  /// when all names are known.
  void add_link(const std::string& path, const Entry& entry) {
    const auto target =
        join_path(follow(parent_name(entry.link_target)), base_name(entry.link_target));
    const auto it = set_.items.find(target);
    if (it == set_.items.end() || it->second.item.entry.type == EntryType::directory) {
      throw Error(Errc::input, fmt::format("its target '{}' is not in the archive before it",
                                           printable(entry.link_target)));
    }
    if (target == path) return;
    auto copied = it->second;
    auto& identity = set_.identities[target];
    if (identity.empty()) identity = fmt::format("unpacked {}", set_.unpacked++);
    const auto shared = identity;
    put(path, std::move(copied));
    set_.identities[path] = shared;
  }

  void put(const std::string& path, CopiedItem copied) {
    auto& entry = copied.item.entry;
    if (entry.type != EntryType::directory) remove_below(path);
    set_.identities.erase(path);
    entry.path = path;
    if (request_.mtime) entry.mtime = *request_.mtime;
    if (request_.owner) {
      entry.uid = request_.owner->uid;
      entry.gid = request_.owner->gid;
    }
    if (entry.type == EntryType::symlink) entry.mode = 0777;
    set_.items[path] = std::move(copied);
  }

  void remove_below(const std::string& path) {
    const auto prefix = path + '/';
    auto it = set_.items.lower_bound(prefix);
    while (it != set_.items.end() && it->first.starts_with(prefix)) {
      set_.identities.erase(it->first);
      it = set_.items.erase(it);
    }
  }

  FileBytes extract(TarReader& reader) {
    const auto name = std::to_string(set_.unpacked++);
    auto out = open_file(request_.scratch / name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    for (auto bytes = reader.data(); !bytes.empty(); bytes = reader.data())
      write_all(out, bytes, name);
    out.close_checked(name);
    return {root_, name};
  }

  /// What stands at a path now; nullptr: nothing.
  const Entry* at(const std::string& path) const {
    if (const auto it = set_.items.find(path); it != set_.items.end())
      return &it->second.item.entry;
    const auto* node = below_.find(path);
    return node != nullptr ? &node->entry : nullptr;
  }

  /// Where a path below the destination leads, all links followed as if the
  /// destination were the root.
  std::string follow(std::string_view path) const {
    std::deque<std::string> rest;
    const auto add_front = [&](std::string_view text) {
      auto parts = split(text, '/');
      rest.insert(rest.begin(), std::make_move_iterator(parts.begin()),
                  std::make_move_iterator(parts.end()));
    };
    add_front(path);
    std::string reached = destination_;
    int links = 0;
    while (!rest.empty()) {
      const auto part = std::move(rest.front());
      rest.pop_front();
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (reached != destination_) reached = std::string(parent_name(reached));
        continue;
      }
      auto next = join_path(reached, part);
      const auto* entry = at(next);
      if (entry == nullptr || entry->type != EntryType::symlink) {
        reached = std::move(next);
        continue;
      }
      if (++links > most_links) throw Error(Errc::input, "too many levels of symbolic links");
      if (entry->link_target.starts_with('/')) reached = destination_;
      add_front(entry->link_target);
    }
    return reached;
  }

  /// Directories that the archive has no entry for, and whatever else was there
  /// in their place.
  void add_implied(const std::string& path) {
    for (std::string missing = path; missing.size() > destination_.size();
         missing = parent_name(missing)) {
      const auto* entry = at(missing);
      if (entry != nullptr && entry->type == EntryType::directory) return;
      if (entry != nullptr)
        throw Error(Errc::input, fmt::format("'{}' is no directory", printable(missing)));
      auto& made = set_.items[missing].item.entry;
      made.path = missing;
      made.type = EntryType::directory;
      made.mode = implied_directory_mode;
      made.mtime = request_.mtime.value_or(0);
    }
  }

  const std::string& destination_;
  const CopyRequest& request_;
  const View& below_;
  ItemSet& set_;
  std::shared_ptr<const Fd> root_;
};

}  // namespace

bool is_archive(const SourceNode& node) {
  return node.entry.type == EntryType::file && node.entry.size > 0 && holds_tar(open_archive(node));
}

void add_archive(const SourceNode& archive, const std::string& destination,
                 const CopyRequest& request, const View& below, ItemSet& set) {
  with_context([&] { return fmt::format("unpack '{}'", printable(archive.path)); },
               [&] {
                 DecompressedFile content(open_archive(archive));
                 const ByteSource source = [&](std::span<std::byte> bytes) {
                   return content.read(bytes);
                 };
                 TarReader reader(source);  // reads ahead, and keeps no copy of its source
                 Unpacker(destination, request, below, set).run(reader, archive.path);
               });
}

}  // namespace slipway
