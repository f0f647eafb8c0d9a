#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace slipway {

/// Deflates blocks that can be joined: raw deflate (RFC 1951) without history,
/// each ended by a full flush and none marked as the last.
///
/// Levels 1 and 2 are ISA-L's where it was built in, the rest zlib's. ISA-L's
/// level 3 is not used: its bytes depend on the CPU.
class BlockDeflater {
 public:
  explicit BlockDeflater(int level);
  ~BlockDeflater();
  BlockDeflater(const BlockDeflater&) = delete;
  BlockDeflater& operator=(const BlockDeflater&) = delete;

  /// Room that `run` needs for `size` bytes of input, at any level.
  static constexpr std::size_t bound(std::size_t size) { return size + size / 16 + 1024; }

  /// Returns the number of bytes written to `output`.
  std::size_t run(std::span<const std::byte> input, std::span<std::byte> output);

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

/// CRC-32 as gzip has it, of `bytes` alone.
std::uint32_t crc32_of(std::span<const std::byte> bytes);

/// The CRC-32 of two texts joined, from theirs and the second's length.
std::uint32_t crc32_join(std::uint32_t first, std::uint32_t second, std::uint64_t second_size);

}  // namespace slipway
