#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/compression.hpp"

namespace slipway {

/// Writes one gzip member whose blocks are deflated on several threads.
///
/// Each block of `block_size` input bytes is deflated on its own and ends on a
/// byte boundary (a full flush), so the blocks' bytes joined are one deflate
/// stream, whoever made them. The header carries no time and no name.
class GzipEncoder {
 public:
  static constexpr std::size_t block_size = 512 * 1024;

  /// `level` is 1 to 9; at most `threads` workers (at least one) are started,
  /// and only when there is more than one block.
  GzipEncoder(int level, unsigned threads, ByteSink sink);
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  void write(std::span<const std::byte> bytes);
  void finish();

 private:
  struct Block;
  using BlockPtr = std::unique_ptr<Block>;

  void submit_current();
  void emit_oldest();
  void emit(const Block& block);
  BlockPtr take_free_block();
  bool oldest_is_done();
  void work();

  int level_;
  std::size_t threads_;
  ByteSink sink_;

  BlockPtr current_;
  std::deque<BlockPtr> in_flight_;  // in order of input; only the caller's thread touches it
  std::vector<BlockPtr> free_;
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;

  std::mutex mutex_;  // guards waiting_, stopping_ and Block::done
  std::condition_variable work_waits_;
  std::condition_variable block_done_;
  std::deque<Block*> waiting_;
  bool stopping_ = false;
  std::vector<std::jthread> workers_;
};

}  // namespace slipway
