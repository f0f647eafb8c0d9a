#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "layer/contents.hpp"

namespace slipway {

/// Makes the headers of a pax tar, one entry at a time, with libarchive. The
/// content of files does not pass through it.
class TarHeaders {
 public:
  TarHeaders();
  ~TarHeaders();
  TarHeaders(const TarHeaders&) = delete;
  TarHeaders& operator=(const TarHeaders&) = delete;

  /// All header blocks of the entry; valid until the next call.
  std::span<const std::byte> header(const Entry& entry);

  /// What ends the archive; nothing may follow.
  std::span<const std::byte> end();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How many bytes follow a file of `size` bytes to fill its last tar block.
constexpr std::size_t tar_padding(std::uint64_t size) {
  constexpr std::uint64_t block = 512;
  return static_cast<std::size_t>((block - size % block) % block);
}

}  // namespace slipway
