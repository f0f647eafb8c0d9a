#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "layer/contents.hpp"
#include "layer/tar_stream.hpp"
#include "layer/unpack.hpp"
#include "oci/digest.hpp"

namespace slipway {

/// Reads a layer, compressed or not, entry by entry.
///
/// A thread of its own reads and decompresses ahead of the caller, a few blocks at the
/// most: `read` is called on that thread, and must outlive the object.
class TarReader {
 public:
  explicit TarReader(const ByteSource& read, TarDigest digest = TarDigest::unwanted);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next entry as Contents has them, without `content` and `offset`;
  /// nullptr at the end. Valid until the next call. Files of the AUFS driver
  /// (".wh..wh.*") are left out. Throws Errc::input for an archive or a name
  /// that is wrong.
  const Entry* next();

  /// The next bytes of the current file, holes as zeros; empty at its end.
  /// Valid until the next call.
  std::span<const std::byte> data();

  /// Where the entry before the current one ended in the tar, its padding
  /// included; after the end: the last one.
  std::uint64_t end_of_previous() const;

  /// True when the content lies in one piece: it is not a sparse file.
  bool contiguous() const;

  /// Read what follows the end of the archive.
  struct Summary {
    std::optional<Digest> diff_id = {};  ///< if it was wanted
    std::uint64_t size = 0;
  };
  Summary finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway
