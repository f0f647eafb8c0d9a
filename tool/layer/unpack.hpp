#pragma once

#include <functional>

#include "base/compression.hpp"
#include "base/file.hpp"
#include "layer/contents.hpp"
#include "layer/pack.hpp"
#include "store/store.hpp"

namespace slipway {

/// Read a layer tar (compressed or not) and give its table of contents, diff
/// ID and uncompressed size; `read` fills a buffer and returns 0 at the end.
/// Whiteouts become entries of their types; paths are cleaned ("./a//b" ->
/// "a/b", ".." refused with Errc::input); "." entries give the root.
struct ListedLayer {
  Contents contents = {};
  Digest diff_id = Digest::of("");
  std::uint64_t tar_size = 0;
};
using ByteSource = std::function<std::size_t(std::span<std::byte>)>;
ListedLayer list_layer(const ByteSource& read);

/// What becomes of files' owners.
enum class Owners {
  set,   ///< as recorded, which takes root
  note,  ///< everything is ours, and notes say whose it would be
  ours,  ///< everything is ours
};

/// What becomes of whiteouts and opaque directories.
enum class Whiteouts {
  obey,  ///< the tree is all that there is: what they name goes
  keep,  ///< the tree will lie over others: overlayfs' marks (user.overlay.*) are set
};

struct UnpackOptions {
  Owners owners = Owners::set;
  /// Skip device nodes (an ordinary user cannot make them).
  bool devices = true;
  Whiteouts whiteouts = Whiteouts::obey;
  /// Directories and symlinks that lie beneath and that the layer takes for
  /// granted as parents, parents first: put into the tree before it.
  std::vector<Entry> parents = {};
};

/// Apply a layer on the tree `into`: entries resolved inside the root by the
/// kernel, whiteouts obeyed, modes exact whatever the umask, hard links,
/// xattrs (those that may be set), times. A directory over a file (or the
/// other way) replaces it. Nothing outside `into` can be made or changed by
/// any archive; entries that try are Errc::input.
void unpack(const ByteSource& read, const Fd& into, const UnpackOptions& options);

/// The files at `wanted` (paths as in the layer's table of contents), read in
/// one pass and handed over whole or in pieces: sink(path, bytes), ending with
/// an empty piece for each file.
void extract(const ByteSource& read, const std::vector<std::string>& wanted,
             const std::function<void(const std::string& path, std::span<const std::byte>)>& sink);

}  // namespace slipway
