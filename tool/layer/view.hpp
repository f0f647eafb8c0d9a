#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layer/contents.hpp"

namespace slipway {

/// The filesystem that a list of layers gives, merged from their tables of
/// contents; nothing is unpacked. Hard links are files here, like their targets,
/// and stay when the target goes. All paths are absolute or relative to the
/// root alike, and symlinks are followed inside the view, never out of it.
class View {
 public:
  struct Node {
    Entry entry = {};
    std::size_t layer = 0;  ///< which apply() brought it, from 0
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children = {};
    bool implied = false;  ///< a parent that no layer has an entry for (0755, root)
    /// Files: the path in `layer`'s own table whose entry has the bytes.
    std::string data_path = {};
    bool linked = false;  ///< a file with several names: those of equal layer and data_path
  };

  View();
  View(View&&) noexcept;
  View& operator=(View&&) noexcept;
  ~View();

  /// Put a layer on top, whiteouts and opaque directories obeyed, later
  /// entries of the same path winning, as unpacking the tar would.
  void apply(const Contents& layer);

  /// The node at exactly this path; symlinks in parents and at the end are
  /// not followed. nullptr: nothing there.
  const Node* find(std::string_view path) const;

  /// Where a path leads: every symlink in its parents followed, the last one
  /// too when `follow_last`. `path` is the path reached ("" is the root), with
  /// the rest that does not exist appended as is; `node` is what is there
  /// (nullptr: nothing). Throws Errc::input on more than 255 links ("too many
  /// levels of symbolic links") or when a parent is not a directory.
  struct Resolution {
    std::string path = {};
    const Node* node = nullptr;
  };
  Resolution resolve(std::string_view path, bool follow_last) const;

  const Node& root() const noexcept;

  /// The excerpt (see is_excerpt()) of the file that `path` leads to, symlinks
  /// followed. nullopt: no such file, or its text was not kept.
  std::optional<std::string> excerpt(std::string_view path) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `path` made relative to the root with "." and ".." worked out lexically,
/// ".." of the root being the root: "/a/../b/." -> "b".
std::string clean_path(std::string_view path);

}  // namespace slipway
