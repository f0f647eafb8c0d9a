#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

enum class CompressionKind { none, gzip, zstd };

/// How layer blobs are compressed. Same input and same Compression give the
/// same bytes on every machine and for any number of threads.
struct Compression {
  CompressionKind kind = CompressionKind::gzip;
  int level = 0;  ///< 0: the kind's default (gzip 1, zstd 3)
  bool operator==(const Compression&) const = default;

  /// "none", "gzip", "gzip:9", "zstd", "zstd:19". Throws Errc::usage naming
  /// the word and what is accepted (gzip:1-9, zstd:1-19).
  static Compression parse(std::string_view text);
  std::string str() const;
};

/// Where bytes go.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// Compresses what is written to it, in constant memory, and hands the result
/// to the sink in order (always on the caller's thread). Work is spread over
/// `threads` (0: the machine's cores) in blocks of fixed size, so the bytes
/// depend neither on how many there are nor on the sizes of the writes.
class Compressor {
 public:
  Compressor(const Compression& compression, ByteSink sink, unsigned threads = 0);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) = delete;

  void write(std::span<const std::byte> bytes);

  /// Flush and end the stream; nothing may be written after it.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Undoes gzip (several members too), zstd (several frames too) or nothing;
/// which of them is found by the first bytes. Throws Errc::integrity on
/// damaged or cut data in finish() or write().
class Decompressor {
 public:
  explicit Decompressor(ByteSink sink);
  ~Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) = delete;

  void write(std::span<const std::byte> bytes);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway
