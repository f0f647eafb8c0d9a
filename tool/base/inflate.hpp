#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace slipway {

/// Undoes one gzip member (RFC 1952) given in pieces; its checksum and length
/// are checked.
class GzipInflater {
 public:
  struct Progress {
    std::size_t read = 0;     ///< bytes taken from the input
    std::size_t written = 0;  ///< bytes put into the output
    bool ended = false;       ///< the member is complete
  };

  GzipInflater();
  ~GzipInflater();
  GzipInflater(GzipInflater&&) noexcept;
  GzipInflater& operator=(GzipInflater&&) = delete;

  /// Start over, for the next member.
  void reset();

  /// Throws Errc::integrity on damaged data.
  Progress run(std::span<const std::byte> input, std::span<std::byte> output);

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace slipway
