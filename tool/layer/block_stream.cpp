#include "layer/block_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace slipway {

BlockStream::BlockStream(Worker caller, std::vector<Worker> workers)
    : caller_(std::move(caller)), workers_(std::move(workers)), done_(workers_.size(), 0) {}

BlockStream::~BlockStream() {
  {
    const std::lock_guard lock(mutex_);
    aborted_ = true;
  }
  submitted_changed_.notify_all();
}

std::span<std::byte> BlockStream::room() {
  return {current_->data.get() + current_->size, block_size - current_->size};
}

void BlockStream::advance(std::size_t size) {
  current_->size += size;
  position_ += size;
  if (current_->size == block_size) submit();
}

void BlockStream::advance(std::size_t size, std::size_t owner, bool last) {
  current_->pieces.push_back({owner, current_->size, size, last});
  advance(size);
}

void BlockStream::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto target = room();
    const std::size_t count = std::min(bytes.size(), target.size());
    std::memcpy(target.data(), bytes.data(), count);
    advance(count);
    bytes = bytes.subspan(count);
  }
}

void BlockStream::submit() {
  if (threads_.empty()) start_threads();
  const Block& block = *current_;
  {
    const std::lock_guard lock(mutex_);
    ++submitted_;
  }
  submitted_changed_.notify_all();
  caller_(block);

  std::unique_lock lock(mutex_);
  done_changed_.wait(lock, [this] { return failure_ || slot_is_free(); });
  if (failure_) std::rethrow_exception(failure_);
  current_ = &ring_[submitted_ % ring_size];
  current_->size = 0;
  current_->pieces.clear();
}

void BlockStream::finish() {
  if (threads_.empty()) {  // one block is not worth a thread
    for (const Worker& worker : workers_) worker(*current_);
    caller_(*current_);
    return;
  }
  submit();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  submitted_changed_.notify_all();
  threads_.clear();
  if (failure_) std::rethrow_exception(failure_);
}

void BlockStream::start_threads() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    threads_.emplace_back([this, i] { run(i); });
  }
}

void BlockStream::run(std::size_t worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    const std::uint64_t next = done_[worker];
    submitted_changed_.wait(lock, [&] { return aborted_ || ended_ || submitted_ > next; });
    if (aborted_ || submitted_ == next) return;
    lock.unlock();
    std::exception_ptr failure;
    try {
      workers_[worker](ring_[next % ring_size]);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    ++done_[worker];
    if (failure && !failure_) failure_ = failure;
    done_changed_.notify_one();
  }
}

bool BlockStream::slot_is_free() const {
  const std::uint64_t slowest = std::ranges::min(done_);
  return submitted_ - slowest < ring_size;
}

}  // namespace slipway
