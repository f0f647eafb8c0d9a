#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "base/compression.hpp"
#include "base/file.hpp"
#include "layer/contents.hpp"
#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway {

/// A regular file's bytes: `path` below the directory `root` (opened with
/// open_in_root when the entry is written, one at a time).
struct FileBytes {
  std::shared_ptr<const Fd> root = {};
  std::string path = {};
};

/// One entry to write, and for files where its bytes come from. entry.size
/// must be the file's size; content and offset are filled by pack().
struct PackItem {
  Entry entry = {};
  std::variant<std::monostate, FileBytes, std::string> bytes = {};
};

struct PackOptions {
  Compression compression = {};
  ImageFormat format = ImageFormat::oci;
};

/// A layer as manifests and configs name it.
struct Layer {
  Descriptor blob = {};             ///< compressed
  Digest diff_id = Digest::of("");  ///< of the uncompressed tar
  std::uint64_t tar_size = 0;
  bool operator==(const Layer&) const = default;
};

struct PackedLayer {
  Layer layer = {};
  Contents contents = {};
};

/// A layer before it is compressed.
struct LayerTar {
  Digest diff_id = Digest::of("");
  std::uint64_t size = 0;
  Contents contents = {};
};

/// Give the tar of `items` to `sink`, in their order, in pieces, on this thread; as
/// pack() does, and with its errors.
LayerTar tar_of(std::span<const PackItem> items, ByteSink sink);

/// Write `items`, in their order, as a tar layer into the store: each byte read
/// once, hashed and compressed in the same pass, memory constant. The tar is
/// pax with extended headers only where ustar has no room (long or non-ASCII
/// names, xattrs, more than 8 GiB). Times are entry.mtime in whole seconds; user
/// and group names are left empty. The result depends on items and options
/// alone. The table of contents is stored too (Store::write_contents).
///
/// Throws Errc::input: a file that vanished or is not a regular file any more
/// ("open '<path>': ..."), or that became shorter or longer while it was read
/// ("read '<path>': the file changed while it was read").
PackedLayer pack(std::span<const PackItem> items, const PackOptions& options, const Store& store);

}  // namespace slipway
