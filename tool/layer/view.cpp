#include "layer/view.hpp"

#include <fmt/format.h>

#include <deque>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace {

/// More than any sound path has; the kernel itself stops at 40.
constexpr int max_view_links = 255;

using Node = View::Node;
using NodePtr = std::unique_ptr<Node>;

bool is_directory(const Node& node) { return node.entry.type == EntryType::directory; }
bool is_symlink(const Node& node) { return node.entry.type == EntryType::symlink; }

/// Trees may be deeper than the stack is, so they are taken apart in a loop.
void destroy_children(Node& root) {
  std::vector<NodePtr> doomed;
  const auto take = [&](Node& node) {
    for (auto& [name, child] : node.children) doomed.push_back(std::move(child));
    node.children.clear();
  };
  take(root);
  while (!doomed.empty()) {
    const NodePtr node = std::move(doomed.back());
    doomed.pop_back();
    take(*node);
  }
}

NodePtr implied_directory(std::string path, std::size_t layer) {
  auto node = std::make_unique<Node>();
  node->entry.path = std::move(path);
  node->entry.type = EntryType::directory;
  node->entry.mode = 0755;
  node->layer = layer;
  node->implied = true;
  return node;
}

Node* child_of(const Node& node, std::string_view name) {
  const auto found = node.children.find(name);
  return found == node.children.end() ? nullptr : found->second.get();
}

/// Walks a path through a tree, following symlinks inside it.
class Walk {
 public:
  Walk(Node& root, std::string_view path) : path_(path), trail_{&root} { push(path); }

  bool done() const { return parts_.empty(); }
  Node& here() const { return *trail_.back(); }

  std::string take() {
    std::string part = std::move(parts_.front());
    parts_.pop_front();
    return part;
  }

  void enter(Node& node) { trail_.push_back(&node); }
  void leave() {
    if (trail_.size() > 1) trail_.pop_back();
  }

  /// Go on where the symlink points.
  void follow(const Node& link) {
    if (++links_ > max_view_links) {
      throw Error(Errc::input,
                  fmt::format("resolve '{}': too many levels of symbolic links", printable(path_)));
    }
    if (link.entry.link_target.starts_with('/')) trail_.resize(1);
    push(link.entry.link_target);
  }

  /// The parts not walked yet.
  std::string rest() const {
    std::string path;
    for (const std::string& part : parts_) path.append("/").append(part);
    return path;
  }

 private:
  void push(std::string_view path) {
    std::vector<std::string> parts;
    for (auto part = take_part(path); !part.empty(); part = take_part(path)) {
      if (part != ".") parts.emplace_back(part);
    }
    parts_.insert(parts_.begin(), std::make_move_iterator(parts.begin()),
                  std::make_move_iterator(parts.end()));
  }

  std::string_view path_;
  std::vector<Node*> trail_;  // from the root to where we are
  std::deque<std::string> parts_;
  int links_ = 0;
};

}  // namespace

struct View::State {
  Node root = {};
  std::size_t layers = 0;
  std::map<std::string, std::pair<std::size_t, std::string>, std::less<>> excerpts = {};

  State() {
    root.entry.type = EntryType::directory;
    root.entry.mode = 0755;
    root.implied = true;
  }
  ~State() { destroy_children(root); }

  /// The directory at `path`, made of implied ones where missing; what is in
  /// the way and no directory is replaced.
  Node& make_directory(std::string_view path) {
    Walk walk(root, path);
    while (!walk.done()) {
      const std::string name = walk.take();
      if (name == "..") {
        walk.leave();
        continue;
      }
      NodePtr& slot = walk.here().children[name];
      if (slot && is_symlink(*slot)) {
        walk.follow(*slot);
        continue;
      }
      if (!slot || !is_directory(*slot)) {
        slot = implied_directory(join_path(walk.here().entry.path, name), layers);
      }
      walk.enter(*slot);
    }
    return walk.here();
  }

  /// The directory at `path`, if there is one.
  Node* find_directory(std::string_view path) {
    Walk walk(root, path);
    while (!walk.done()) {
      const std::string name = walk.take();
      if (name == "..") {
        walk.leave();
        continue;
      }
      Node* child = child_of(walk.here(), name);
      if (child == nullptr) return nullptr;
      if (is_symlink(*child)) {
        walk.follow(*child);
      } else if (is_directory(*child)) {
        walk.enter(*child);
      } else {
        return nullptr;
      }
    }
    return &walk.here();
  }

  void hide(const Entry& entry) {
    if (entry.type == EntryType::opaque) {
      if (Node* directory = find_directory(entry.path)) destroy_children(*directory);
      return;
    }
    Node* directory = find_directory(parent_name(entry.path));
    if (directory == nullptr) return;
    const auto found = directory->children.find(base_name(entry.path));
    if (found == directory->children.end()) return;
    destroy_children(*found->second);
    directory->children.erase(found);
  }

  void put(const Entry& entry) {
    if (entry.path.empty()) {
      if (entry.type == EntryType::directory) assign(root, entry, "");
      return;
    }
    Node& parent = make_directory(parent_name(entry.path));
    NodePtr& slot = parent.children[std::string(base_name(entry.path))];
    if (!slot) slot = std::make_unique<Node>();
    if (entry.type != EntryType::directory) destroy_children(*slot);
    auto path = join_path(parent.entry.path, base_name(entry.path));
    if (entry.type == EntryType::hardlink && link(*slot, entry, path)) return;
    assign(*slot, entry, std::move(path));
  }

  /// Make `node` another name of the file that the entry links to. False where
  /// there is no such file.
  bool link(Node& node, const Entry& entry, const std::string& path) {
    Node* directory = find_directory(parent_name(entry.link_target));
    Node* target =
        directory == nullptr ? nullptr : child_of(*directory, base_name(entry.link_target));
    if (target == nullptr || target->entry.type != EntryType::file) return false;
    if (target == &node) return true;
    target->linked = true;
    node.entry = target->entry;
    node.entry.path = path;
    node.layer = target->layer;
    node.data_path = target->data_path;
    node.linked = true;
    node.implied = false;
    return true;
  }

  void assign(Node& node, const Entry& entry, std::string path) const {
    node.entry = entry;
    node.entry.path = std::move(path);
    node.layer = layers;
    node.implied = false;
    node.data_path = entry.type == EntryType::file ? entry.path : std::string();
    node.linked = false;
  }
};

View::View() : state_(std::make_unique<State>()) {}
View::View(View&&) noexcept = default;
View& View::operator=(View&&) noexcept = default;
View::~View() = default;

void View::apply(const Contents& layer) {
  // Whiteouts hide what is beneath the layer and nothing of the layer itself,
  // wherever they stand in it; so they come first.
  for (const Entry& entry : layer.entries) {
    if (entry.type == EntryType::whiteout || entry.type == EntryType::opaque) state_->hide(entry);
  }
  for (const Entry& entry : layer.entries) {
    if (entry.type != EntryType::whiteout && entry.type != EntryType::opaque) state_->put(entry);
  }
  for (const auto& [path, text] : layer.excerpts) {
    const Node* node = resolve(path, false).node;
    if (node != nullptr) state_->excerpts[node->entry.path] = {node->layer, text};
  }
  ++state_->layers;
}

const View::Node* View::find(std::string_view path) const {
  const Node* node = &state_->root;
  const std::string clean = clean_path(path);
  std::string_view rest = clean;
  for (auto part = take_part(rest); node != nullptr && !part.empty(); part = take_part(rest)) {
    node = child_of(*node, part);
  }
  return node;
}

View::Resolution View::resolve(std::string_view path, bool follow_last) const {
  Walk walk(state_->root, path);
  while (!walk.done()) {
    const std::string name = walk.take();
    if (name == "..") {
      walk.leave();
      continue;
    }
    Node* child = child_of(walk.here(), name);
    if (child == nullptr) {
      return {clean_path(join_path(walk.here().entry.path, name) + walk.rest()), nullptr};
    }
    if (is_symlink(*child) && (follow_last || !walk.done())) {
      walk.follow(*child);
      continue;
    }
    if (!walk.done() && !is_directory(*child)) {
      throw Error(Errc::input, fmt::format("resolve '{}': '{}' is not a directory", printable(path),
                                           printable(child->entry.path)));
    }
    walk.enter(*child);
  }
  return {walk.here().entry.path, &walk.here()};
}

const View::Node& View::root() const noexcept { return state_->root; }

std::optional<std::string> View::excerpt(std::string_view path) const {
  const Node* node = resolve(path, true).node;
  if (node == nullptr) return std::nullopt;
  const auto found = state_->excerpts.find(node->entry.path);
  const bool current = found != state_->excerpts.end() && found->second.first == node->layer;
  return current ? std::optional(found->second.second) : std::nullopt;
}

std::string clean_path(std::string_view path) {
  std::string clean;
  clean.reserve(path.size());
  for (auto part = take_part(path); !part.empty(); part = take_part(path)) {
    if (part == ".") continue;
    if (part == "..") {
      clean.resize(parent_name(clean).size());
      continue;
    }
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

}  // namespace slipway
