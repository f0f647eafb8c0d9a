#pragma once

#include <memory>
#include <span>

#include "base/file.hpp"

namespace slipway {

/// The bytes of a file with gzip, bzip2, xz or zstd undone: which of them, if
/// any, is told by the content, never by a name. Constant memory.
class DecompressedFile {
 public:
  explicit DecompressedFile(Fd file);
  ~DecompressedFile();
  DecompressedFile(DecompressedFile&&) noexcept;
  DecompressedFile& operator=(DecompressedFile&&) = delete;

  /// 0 at the end. Throws Errc::input on damaged data.
  std::size_t read(std::span<std::byte> bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// True when the file, decompressed, begins with a tar's header. An empty file
/// and an empty archive are none: nothing could be unpacked.
bool holds_tar(Fd file);

}  // namespace slipway
