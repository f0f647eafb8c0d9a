#include "build/copy_items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/ignore.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace {

constexpr std::uint32_t made_directory_mode = 0755;
constexpr std::uint32_t heredoc_mode = 0644;

class Copier {
 public:
  Copier(const CopyRequest& request, CopySource& source, const View& below)
      : request_(request), source_(source), below_(below), excludes_(request.words.excludes) {}

  std::vector<CopiedItem> run() {
    const auto& words = request_.words;
    const auto count = words.sources.size() + words.heredocs.size();
    directory_ = words.destination.ends_with('/');
    if (count > 1 && !directory_) {
      throw Error(Errc::input, fmt::format("copy to '{}': with more than one source the destination must be a directory",
                                           printable(words.destination_text)))
          .with_hint("end it with '/'");
    }
    for (const auto& word : words.sources) copy_word(word);
    refuse_nothing();
    for (std::size_t i = 0; i < words.heredocs.size(); ++i) {
      copy_text(request_.heredoc_names[i], words.heredocs[i]);
    }
    link_twins();
    std::vector<CopiedItem> result;
    result.reserve(items_.size());
    for (auto& [path, item] : items_) result.push_back(std::move(item));
    return result;
  }

 private:
  void copy_word(const std::string& word) {
    const auto paths = match_sources(source_, word);
    matched_ = matched_ || !paths.empty();
    for (const auto& path : paths) {
      const auto node = source_.lookup(path);
      if (!node) {
        throw Error(Errc::input, fmt::format("copy '{}': not found in the source", printable(word)))
            .with_hint("paths are relative to the build context, less what its .dockerignore names");
      }
      if (node->entry.type == EntryType::directory) {
        copy_tree(*node);
      } else {
        const auto target = file_target(base_name(clean_path(path)));
        add_parents(parent_name(target));
        add(target, *node);
      }
    }
  }

  /// One wildcard among several sources may match nothing; all of them may not.
  void refuse_nothing() const {
    const auto& sources = request_.words.sources;
    if (matched_ || sources.empty() || !request_.words.heredocs.empty()) return;
    throw Error(Errc::input, fmt::format("copy '{}': the pattern matches nothing", printable(sources.front())))
        .with_hint("paths are relative to the build context, less what its .dockerignore names");
  }

  void copy_text(const std::string& name, const std::string& text) {
    SourceNode node;
    node.entry.mode = heredoc_mode;
    node.entry.size = text.size();
    node.signature = sha256_hex(text);
    const auto target = file_target(name);
    add_parents(parent_name(target));
    add(target, node).item.bytes = text;
  }

  /// Where a file goes: into the destination if that is a directory.
  std::string file_target(std::string_view name) {
    const auto& destination = request_.words.destination;
    const auto whole = below_.resolve(destination, true);
    const bool is_there = whole.node != nullptr && whole.node->entry.type == EntryType::directory;
    if (directory_ || is_there || is_made_directory(whole.path)) {
      require_directory(whole);
      return join_path(whole.path, name);
    }
    // The last link is replaced, not followed.
    return join_path(below_.resolve(parent_name(destination), true).path, base_name(destination));
  }

  void copy_tree(const SourceNode& top) {
    const auto target = below_.resolve(request_.words.destination, true);
    require_directory(target);
    // Made like a parent: the contents are copied, not the directory itself.
    add_parents(target.path);
    copy_children(top, target.path);
  }

  /// Depth first, without recursion: trees may be deeper than the stack.
  void copy_children(const SourceNode& top, const std::string& target) {
    struct Level {
      SourceNode directory;
      std::string relative, target;
    };
    std::vector<Level> open = {{top, {}, target}};
    while (!open.empty()) {
      const auto level = std::move(open.back());
      open.pop_back();
      for (auto& child : source_.children(level.directory)) {
        const auto name = base_name(child.path);
        auto below_top = join_path(level.relative, name);
        auto to = join_path(level.target, name);
        const bool is_directory = child.entry.type == EntryType::directory;
        const bool excluded = !excludes_.empty() && excludes_.excluded(below_top);
        if (excluded && (!is_directory || excludes_.prunes(below_top))) continue;
        // An excluded directory appears only with what is re-included in it.
        if (!excluded && !child.excluded) {
          add_parents(level.target);
          add(to, child);
        }
        if (is_directory) open.push_back({std::move(child), std::move(below_top), std::move(to)});
      }
    }
  }

  CopiedItem& add(const std::string& path, const SourceNode& node) {
    check_replacement(path, node);
    CopiedItem copied;
    copied.signature = node.signature;
    copied.source = node.path;
    copied.changed_ns = node.changed_ns;
    auto& entry = copied.item.entry;
    entry = node.entry;
    entry.path = path;
    entry.uid = request_.owner.uid;
    entry.gid = request_.owner.gid;
    entry.mtime = request_.mtime;
    const bool is_directory = entry.type == EntryType::directory;
    if (entry.type == EntryType::symlink) {
      entry.mode = 0777;
    } else if (request_.mode) {
      entry.mode = request_.mode->apply(entry.mode, is_directory);
    }
    if (node.is_socket) {
      copied.item.bytes = std::string();
    } else if (entry.type == EntryType::file) {
      copied.item.bytes = node.bytes;
    }
    if (node.identity.empty()) {
      identities_.erase(path);
    } else {
      identities_[path] = node.identity;
    }
    return items_[path] = std::move(copied);
  }

  /// Names of one file stay names of one file: the first by path holds the
  /// bytes, since a tar's hard link must follow its target.
  void link_twins() {
    std::map<std::string, std::string> first;
    for (const auto& [path, identity] : identities_) {
      const auto [twin, is_first] = first.emplace(identity, path);
      if (is_first) continue;
      auto& item = items_.at(path).item;
      item.entry.type = EntryType::hardlink;
      item.entry.link_target = twin->second;
      item.entry.size = 0;
      item.bytes = std::monostate();
    }
  }

  void check_replacement(const std::string& path, const SourceNode& node) {
    const auto* there = below_.find(path);
    if (there == nullptr) return;
    const bool from_directory = node.entry.type == EntryType::directory;
    const bool to_directory = there->entry.type == EntryType::directory;
    if (from_directory && !to_directory) {
      throw Error(Errc::input, fmt::format("copy directory '{}': '/{}' is there and is no directory",
                                           printable(node.path), printable(path)));
    }
    if (!from_directory && to_directory) {
      throw Error(Errc::input, fmt::format("copy file '{}': '/{}' is there and is a directory", printable(node.path),
                                           printable(path)));
    }
  }

  static void require_directory(const View::Resolution& target) {
    if (target.node == nullptr || target.node->entry.type == EntryType::directory) return;
    throw Error(Errc::input, fmt::format("copy into '/{}': it is there and is no directory", printable(target.path)));
  }

  bool is_made_directory(const std::string& path) const {
    const auto it = items_.find(path);
    return it != items_.end() && it->second.item.entry.type == EntryType::directory;
  }

  /// The directories on the way that are not there: 0755, the fixed time.
  void add_parents(std::string_view path) {
    for (auto missing = path; !missing.empty(); missing = parent_name(missing)) {
      if (below_.find(missing) != nullptr) break;
      std::string key(missing);
      if (items_.contains(key)) break;
      auto& entry = items_[key].item.entry;
      entry.path = std::move(key);
      entry.type = EntryType::directory;
      entry.mode = made_directory_mode;
      entry.mtime = request_.mtime;
      if (!request_.has_owner) continue;
      entry.uid = request_.owner.uid;
      entry.gid = request_.owner.gid;
    }
  }

  const CopyRequest& request_;
  CopySource& source_;
  const View& below_;
  dockerfile::IgnoreMatcher excludes_;
  bool directory_ = false;
  bool matched_ = false;
  std::map<std::string, CopiedItem> items_ = {};
  std::map<std::string, std::string> identities_ = {};  ///< of files with more names than one
};

}  // namespace

std::vector<std::string> match_sources(CopySource& source, std::string_view pattern) {
  if (!dockerfile::has_wildcard(pattern)) return {std::string(pattern)};
  std::vector<std::string> found = {""};
  for (const auto& component : split(clean_path(pattern), '/')) {
    std::vector<std::string> next;
    for (const auto& directory : found) {
      if (!dockerfile::has_wildcard(component)) {
        next.push_back(join_path(directory, component));
        continue;
      }
      const auto node = source.lookup(directory);
      if (!node || node->entry.type != EntryType::directory) continue;
      for (const auto& child : source.children(*node)) {
        const auto name = base_name(child.path);
        if (dockerfile::match_path(component, name)) next.push_back(join_path(directory, name));
      }
    }
    found = std::move(next);
  }
  // A plain tail after a wildcard need not exist under every match.
  std::erase_if(found, [&](const std::string& path) { return !source.lookup(path); });
  return found;
}

std::vector<CopiedItem> copy_items(const CopyRequest& request, CopySource& source, const View& below) {
  return Copier(request, source, below).run();
}

}  // namespace slipway
