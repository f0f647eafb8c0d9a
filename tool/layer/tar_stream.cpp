#include "layer/tar_stream.hpp"

#include <utility>

namespace slipway {
namespace {

constexpr std::size_t read_size = 128 * 1024;
constexpr std::size_t max_ready = 8;

}  // namespace

TarStream::TarStream(const ByteSource& read, TarDigest digest)
    : thread_([this, &read] { produce(read); }) {
  if (digest == TarDigest::wanted) hash_.emplace();
}

TarStream::~TarStream() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

std::span<const std::byte> TarStream::next() {
  std::unique_lock lock(mutex_);
  if (current_.capacity() > 0) free_.push_back(std::move(current_));
  current_.clear();
  changed_.wait(lock, [this] { return !ready_.empty() || ended_; });
  if (ready_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return {};
  }
  current_ = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  lock.unlock();
  // Here, as the other thread has the most to do.
  if (hash_) hash_->update(current_);
  size_ += current_.size();
  return current_;
}

std::optional<Digest> TarStream::digest() {
  return hash_ ? std::optional(Digest::from_hex(hash_->finish())) : std::nullopt;
}

void TarStream::produce(const ByteSource& read) {
  std::exception_ptr failure;
  try {
    Decompressor decompressor([this](std::span<const std::byte> bytes) { push(bytes); });
    std::vector<std::byte> buffer(read_size);
    while (const std::size_t count = read(buffer)) {
      decompressor.write(std::span(buffer).first(count));
    }
    decompressor.finish();
  } catch (const Stopped&) {
    return;
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  ended_ = true;
  changed_.notify_all();
}

void TarStream::push(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || ready_.size() < max_ready; });
  if (stopping_) throw Stopped();
  Block block;
  if (!free_.empty()) {
    block = std::move(free_.back());
    free_.pop_back();
  }
  lock.unlock();
  block.assign(bytes.begin(), bytes.end());
  lock.lock();
  ready_.push_back(std::move(block));
  changed_.notify_all();
}

}  // namespace slipway
