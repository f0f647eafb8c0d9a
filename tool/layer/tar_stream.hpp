#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/digesting.hpp"
#include "layer/unpack.hpp"

namespace slipway {

/// The bytes of a layer's tar, decompressed and hashed by a thread that stays
/// a few blocks ahead of the reader.
class TarStream {
 public:
  explicit TarStream(const ByteSource& read);
  ~TarStream();
  TarStream(const TarStream&) = delete;
  TarStream& operator=(const TarStream&) = delete;

  /// The next bytes, empty at the end; valid until the next call. Rethrows what
  /// reading or decompressing threw.
  std::span<const std::byte> next();

  /// After the end: the digest (hex) and the number of all bytes.
  std::string digest() { return hash_.finish(); }
  std::uint64_t size() const noexcept { return size_; }

 private:
  using Block = std::vector<std::byte>;
  struct Stopped {};

  void produce(const ByteSource& read);
  void push(std::span<const std::byte> bytes);

  Sha256 hash_;
  std::uint64_t size_ = 0;
  Block current_;

  std::mutex mutex_;  // guards the rest but thread_
  std::condition_variable changed_;
  std::deque<Block> ready_;
  std::vector<Block> free_;
  bool ended_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_ = {};
  std::jthread thread_;
};

}  // namespace slipway
