#include "base/gzip.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/deflate.hpp"

namespace slipway {
namespace {

template <typename... Values>
constexpr std::array<std::byte, sizeof...(Values)> bytes_of(Values... values) {
  return {static_cast<std::byte>(values)...};
}

// RFC 1952: magic, deflate, no flags, time 0, no extra flags, system unknown.
constexpr auto member_header = bytes_of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

// A last deflate block without content: ends the stream after any flushed block.
constexpr auto last_block = bytes_of(0x03, 0x00);

std::array<std::byte, 8> trailer(std::uint32_t crc, std::uint64_t size) {
  std::array<std::byte, 8> bytes = {};
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<std::byte>(crc >> (8 * i));
    bytes[i + 4] = static_cast<std::byte>(size >> (8 * i));
  }
  return bytes;
}

}  // namespace

struct GzipEncoder::Block {
  static constexpr std::size_t output_size = BlockDeflater::bound(block_size);

  std::unique_ptr<std::byte[]> input = std::make_unique_for_overwrite<std::byte[]>(block_size);
  std::unique_ptr<std::byte[]> output = std::make_unique_for_overwrite<std::byte[]>(output_size);
  std::size_t filled = 0;
  std::size_t compressed = 0;
  std::uint32_t crc = 0;
  bool done = false;
  std::exception_ptr failure = {};

  void compress(BlockDeflater& deflater) {
    const std::span<const std::byte> bytes(input.get(), filled);
    crc = crc32_of(bytes);
    compressed = deflater.run(bytes, {output.get(), output_size});
  }
};

GzipEncoder::GzipEncoder(int level, unsigned threads, ByteSink sink)
    : level_(level), threads_(std::max(threads, 1U)), sink_(std::move(sink)) {
  sink_(member_header);
}

GzipEncoder::~GzipEncoder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_waits_.notify_all();
}

void GzipEncoder::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (!current_) current_ = take_free_block();
    const std::size_t count = std::min(bytes.size(), block_size - current_->filled);
    std::memcpy(current_->input.get() + current_->filled, bytes.data(), count);
    current_->filled += count;
    bytes = bytes.subspan(count);
    if (current_->filled == block_size) submit_current();
  }
}

void GzipEncoder::finish() {
  if (current_ && workers_.empty()) {  // a small stream is not worth a thread
    BlockDeflater deflater(level_);
    current_->compress(deflater);
    emit(*current_);
  } else if (current_) {
    submit_current();
  }
  while (!in_flight_.empty()) emit_oldest();
  sink_(last_block);
  sink_(trailer(crc_, size_));
}

void GzipEncoder::submit_current() {
  in_flight_.push_back(std::move(current_));
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(in_flight_.back().get());
  }
  if (workers_.size() < threads_) {
    workers_.emplace_back([this] { work(); });
  }
  work_waits_.notify_one();
  // One block in work and one waiting for each worker keep all of them busy.
  while (in_flight_.size() > 2 * threads_ || (!in_flight_.empty() && oldest_is_done())) {
    emit_oldest();
  }
}

bool GzipEncoder::oldest_is_done() {
  const std::lock_guard lock(mutex_);
  return in_flight_.front()->done;
}

void GzipEncoder::emit_oldest() {
  {
    std::unique_lock lock(mutex_);
    block_done_.wait(lock, [this] { return in_flight_.front()->done; });
  }
  BlockPtr block = std::move(in_flight_.front());
  in_flight_.pop_front();
  emit(*block);
  free_.push_back(std::move(block));
}

void GzipEncoder::emit(const Block& block) {
  if (block.failure) std::rethrow_exception(block.failure);
  sink_({block.output.get(), block.compressed});
  crc_ = crc32_join(crc_, block.crc, block.filled);
  size_ += block.filled;
}

GzipEncoder::BlockPtr GzipEncoder::take_free_block() {
  if (free_.empty()) return std::make_unique<Block>();
  BlockPtr block = std::move(free_.back());
  free_.pop_back();
  block->filled = 0;
  block->done = false;
  return block;
}

void GzipEncoder::work() {
  std::unique_ptr<BlockDeflater> deflater;
  std::unique_lock lock(mutex_);
  while (true) {
    work_waits_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Block& block = *waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    try {
      if (!deflater) deflater = std::make_unique<BlockDeflater>(level_);
      block.compress(*deflater);
    } catch (...) {
      block.failure = std::current_exception();
    }
    lock.lock();
    block.done = true;
    block_done_.notify_one();
  }
}

}  // namespace slipway
