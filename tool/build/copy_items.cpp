#include "build/copy_items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/credentials.hpp"
#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/archive_items.hpp"
#include "build/parents_pattern.hpp"
#include "dockerfile/ignore.hpp"
#include "fetch/fetch.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace {

constexpr std::uint32_t made_directory_mode = 0755;
constexpr std::uint32_t heredoc_mode = 0644;

class Copier {
 public:
  Copier(const CopyRequest& request, CopySource& source, const View& below)
      : request_(request),
        source_(source),
        from_(&source),
        below_(below),
        excludes_(request.words.excludes) {}

  std::vector<CopiedItem> run() {
    const auto& words = request_.words;
    const auto count = words.sources.size() + words.heredocs.size();
    directory_ = words.destination.ends_with('/');
    if (count > 1 && !directory_) {
      auto error =
          Error(Errc::input,
                fmt::format(
                    "copy to '{}': with more than one source the destination must be a directory",
                    printable(words.destination_text)))
              .with_hint("end it with '/'");
      error.add_place(request_.places.destination);
      throw error;
    }
    for (std::size_t i = 0; i < words.sources.size(); ++i) {
      with_place(place_of_source(i), [&] { copy_word(words.sources[i]); });
    }
    refuse_nothing();
    for (std::size_t i = 0; i < words.heredocs.size(); ++i) {
      copy_text(request_.heredoc_names[i], words.heredocs[i]);
    }
    link_twins();
    std::vector<CopiedItem> result;
    result.reserve(items_.size() + archives_.size());
    for (auto& [path, item] : items_) result.push_back(std::move(item));
    std::ranges::move(archives_, std::back_inserter(result));
    return result;
  }

 private:
  void copy_word(const std::string& word) {
    if (const auto it = request_.fetched.find(word); it != request_.fetched.end()) {
      matched_ = true;
      return copy_fetched(word, it->second);
    }
    from_ = &source_;
    if (request_.parents) {
      matched_ = true;
      return copy_with_parents(word);
    }
    const auto paths = match_sources(source_, word);
    matched_ = matched_ || !paths.empty();
    for (const auto& path : paths) {
      const auto node = source_.lookup(path);
      if (!node) throw not_found(word);
      copy_node(*node, base_name(clean_path(path)), request_.unpack);
    }
  }

  void copy_fetched(const std::string& word, const FetchedSource& fetched) {
    from_ = fetched.source.get();
    const auto node = from_->lookup(fetched.path);
    if (!node) {
      throw Error(Errc::input,
                  fmt::format("copy '{}': there is no '{}'", printable(without_credentials(word)),
                              printable(fetched.path)));
    }
    copy_node(*node, base_name(node->path), request_.unpack_fetched);
  }

  void copy_node(const SourceNode& node, std::string_view name, bool unpack) {
    if (node.entry.type == EntryType::directory) return copy_tree(node);
    if (unpack && is_archive(node)) return copy_archive(node);
    const auto target = file_target(name);
    add_parents(parent_name(target));
    add(target, node);
  }

  Span place_of_source(std::size_t index) const {
    return index < request_.places.sources.size() ? request_.places.sources[index]
                                                  : request_.places.destination;
  }

  Error not_found(std::string_view word) const {
    auto hint = nearest_name(clean_path(word));
    if (hint.empty()) hint = source_.hint_for_missing(clean_path(word));
    return Error(Errc::input, fmt::format("copy '{}': not found in the source", printable(word)))
        .with_hint(std::move(hint));
  }

  /// "did you mean 'src/main.cpp'?": the first part of the path that is not
  /// there, against the names beside which it would be.
  std::string nearest_name(const std::string& path) const {
    std::string there;
    for (const auto& part : split(path, '/')) {
      if (source_.lookup(join_path(there, part))) {
        there = join_path(there, part);
        continue;
      }
      const auto directory = source_.lookup(there);
      if (!directory || directory->entry.type != EntryType::directory) return {};
      std::vector<std::string> names;
      for (const auto& child : source_.children(*directory))
        names.emplace_back(base_name(child.path));
      const auto name = closest(part, names);
      return name ? fmt::format("did you mean '{}'?", printable(join_path(there, *name)))
                  : std::string();
    }
    return {};
  }

  void copy_archive(const SourceNode& node) {
    const auto target = below_.resolve(request_.words.destination, true);
    require_directory(target);
    if (!request_.scratch.empty()) {
      add_parents(target.path);
      return add_archive(node, target.path, request_, below_, set_);
    }
    CopiedItem archive;
    archive.item.entry.path = target.path;
    archive.signature = node.signature;
    archive.source = node.path;
    archive.changed_ns = node.changed_ns;
    archive.is_archive = true;
    archives_.push_back(std::move(archive));
  }

  /// What matches, at its path from the pivot, and the directories on the way.
  void copy_with_parents(const std::string& word) {
    const ParentsPattern pattern(word);
    bool found = false;
    for (const auto& path : match_sources(source_, pattern.pivot())) {
      const auto pivot = source_.lookup(path);
      if (!pivot || pivot->entry.type != EntryType::directory) continue;
      const auto target = open_target();
      found = copy_matches(*pivot, pattern, target) || found;
    }
    if (!found && pattern.is_literal()) throw not_found(word);
  }

  /// True when something matched.
  bool copy_matches(const SourceNode& pivot, const ParentsPattern& pattern,
                    const std::string& target) {
    struct Level {
      SourceNode node;
      std::string relative;
      std::vector<std::shared_ptr<const Level>>
          above;  ///< directories not copied yet, outermost first
    };
    bool found = false;
    std::vector<std::shared_ptr<const Level>> open = {
        std::make_shared<Level>(Level{pivot, {}, {}})};
    while (!open.empty()) {
      const auto level = std::move(open.back());
      open.pop_back();
      const bool included =
          level->relative.empty() ? pattern.is_everything() : pattern.includes(level->relative);
      const bool excluded = !level->relative.empty() && excludes_.excluded(level->relative);
      auto above = level->above;
      found = found || included;
      if (included && !excluded && !level->node.excluded && !level->relative.empty()) {
        for (const auto& directory : above)
          add(join_path(target, directory->relative), directory->node);
        above.clear();
        add(join_path(target, level->relative), level->node);
      } else if (!level->relative.empty()) {
        above.push_back(level);
      }
      if (level->node.entry.type != EntryType::directory) continue;
      for (auto& child : matching_children(level->node, level->relative, included, pattern)) {
        auto relative = join_path(level->relative, base_name(child.path));
        open.push_back(
            std::make_shared<Level>(Level{std::move(child), std::move(relative), above}));
      }
    }
    return found;
  }

  /// The children that match, or may hold what does. A directory that is only
  /// passed through is not listed.
  std::vector<SourceNode> matching_children(const SourceNode& directory,
                                            const std::string& relative, bool included,
                                            const ParentsPattern& pattern) {
    if (included) return source_.children(directory);
    if (const auto name = pattern.only_child(relative)) {
      auto child = source_.lookup_itself(join_path(directory.path, *name));
      if (!child) return {};
      return {std::move(*child)};
    }
    auto children = source_.children(directory);
    std::erase_if(children, [&](const SourceNode& child) {
      const auto path = join_path(relative, base_name(child.path));
      return !pattern.includes(path) &&
             (child.entry.type != EntryType::directory || !pattern.may_hold(path));
    });
    return children;
  }

  /// One wildcard among several sources may match nothing; all of them may not.
  void refuse_nothing() const {
    const auto& sources = request_.words.sources;
    if (matched_ || sources.empty() || !request_.words.heredocs.empty()) return;
    with_place(place_of_source(0), [&] {
      throw Error(Errc::input,
                  fmt::format("copy '{}': the pattern matches nothing", printable(sources.front())))
          .with_hint(source_.hint_for_missing(clean_path(sources.front())));
    });
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

  void copy_tree(const SourceNode& top) { copy_children(top, open_target()); }

  /// The destination as a directory.
  std::string open_target() {
    const auto target = below_.resolve(request_.words.destination, true);
    require_directory(target);
    // Made like a parent: the contents are copied, not the directory itself.
    add_parents(target.path);
    return target.path;
  }

  /// Depth first, without recursion: trees may be deeper than the stack.
  void copy_children(const SourceNode& top, const std::string& target) {
    struct Level {
      SourceNode directory;
      std::string relative, target;
      bool excluded = false;
      std::shared_ptr<const Level> above = {};
    };
    std::vector<std::shared_ptr<const Level>> open = {
        std::make_shared<Level>(Level{top, {}, target})};
    // An excluded directory appears only with what is re-included in it.
    const auto add_excluded = [&](std::shared_ptr<const Level> level) {
      for (; level && level->excluded && !items_.contains(level->target); level = level->above) {
        add(level->target, level->directory);
      }
    };
    while (!open.empty()) {
      const auto level = std::move(open.back());
      open.pop_back();
      for (auto& child : from_->children(level->directory)) {
        const auto name = base_name(child.path);
        auto below_top = join_path(level->relative, name);
        auto to = join_path(level->target, name);
        const bool is_directory = child.entry.type == EntryType::directory;
        bool excluded = !excludes_.empty() && excludes_.excluded(below_top);
        if (excluded && (!is_directory || excludes_.prunes(below_top))) continue;
        excluded = excluded || child.excluded;
        if (!excluded) {
          add_excluded(level);
          add(to, child);
        }
        if (!is_directory) continue;
        open.push_back(std::make_shared<Level>(
            Level{std::move(child), std::move(below_top), std::move(to), excluded, level}));
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
    if (request_.owner) set_owner(entry);
    if (request_.mtime)
      entry.mtime = std::min(node.mtime.value_or(*request_.mtime), *request_.mtime);
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

  void set_owner(Entry& entry) const {
    entry.uid = request_.owner->uid;
    entry.gid = request_.owner->gid;
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
      throw Error(Errc::input,
                  fmt::format("copy directory '{}': '/{}' is there and is no directory",
                              printable(node.path), printable(path)));
    }
    if (!from_directory && to_directory) {
      throw Error(Errc::input, fmt::format("copy file '{}': '/{}' is there and is a directory",
                                           printable(node.path), printable(path)));
    }
  }

  void require_directory(const View::Resolution& target) const {
    if (target.node == nullptr || target.node->entry.type == EntryType::directory) return;
    Error error(Errc::input, fmt::format("copy into '/{}': it is there and is no directory",
                                         printable(target.path)));
    error.add_place(request_.places.destination);
    throw error;
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
      entry.mtime = request_.mtime.value_or(0);
      if (request_.owner) set_owner(entry);
    }
  }

  const CopyRequest& request_;
  CopySource& source_;
  CopySource* from_;  ///< of the source in work
  const View& below_;
  dockerfile::IgnoreMatcher excludes_;
  bool directory_ = false;
  bool matched_ = false;
  ItemSet set_ = {};
  std::map<std::string, CopiedItem>& items_ = set_.items;
  std::map<std::string, std::string>& identities_ = set_.identities;
  std::vector<CopiedItem> archives_ = {};
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

std::vector<CopiedItem> copy_items(const CopyRequest& request, CopySource& source,
                                   const View& below) {
  return Copier(request, source, below).run();
}

}  // namespace slipway
