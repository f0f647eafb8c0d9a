#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "layer/pack.hpp"
#include "layer/view.hpp"

namespace slipway {

/// What a command left behind.
struct ChangedTree {
  enum class Kind {
    overlay,  ///< an overlay's upper directory: what changed, with marks for what went
    whole,    ///< all of the root, to be compared
  };
  Kind kind = Kind::overlay;
  std::filesystem::path path = {};
  /// Of a whole root: what has not changed since then (ns since 1970, by the
  /// kernel's coarse clock) need not be read to be known.
  std::int64_t copied_at_ns = 0;
  /// Paths where something was mounted. What was made for that alone, an empty
  /// file or directory, is no change.
  std::vector<std::string> mount_points = {};
  /// All files are ours, whoever owns them in the image: owners are what notes
  /// say (base/owner_note.hpp), else those beneath, and root for what is new.
  bool owners_unknown = false;
  std::filesystem::path links = {};  ///< a file of LinkNotes; empty: there are none
  std::int64_t epoch = 0;            ///< later times become this one, and all of directories
  bool keeps_times = false;          ///< they stay as they are, whatever `epoch` says
};

/// The layer that turns `beneath` into what the command left: parents before
/// what they hold, names in order. Directories that only lie on the way to a
/// change are left out, as are sockets and overlayfs' own attributes.
std::vector<PackItem> list_changes(const ChangedTree& tree, const View& beneath);

}  // namespace slipway
