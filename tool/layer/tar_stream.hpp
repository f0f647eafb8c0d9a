#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/digesting.hpp"
#include "layer/unpack.hpp"
#include "oci/digest.hpp"

namespace slipway {

/// Is the digest of the tar wanted? Most who read a layer know it by that of its blob.
enum class TarDigest { wanted, unwanted };

/// The bytes of a layer's tar, decompressed by a thread that stays a few blocks ahead of
/// the reader.
class TarStream {
 public:
  TarStream(const ByteSource& read, TarDigest digest);
  ~TarStream();
  TarStream(const TarStream&) = delete;
  TarStream& operator=(const TarStream&) = delete;

  /// The next bytes, empty at the end; valid until the next call. Rethrows what
  /// reading or decompressing threw.
  std::span<const std::byte> next();

  /// After the end: the digest of all bytes, if it was asked for, and their number.
  std::optional<Digest> digest();
  std::uint64_t size() const noexcept { return size_; }

 private:
  using Block = std::vector<std::byte>;
  struct Stopped {};

  void produce(const ByteSource& read);
  void push(std::span<const std::byte> bytes);

  std::optional<Sha256> hash_;
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
