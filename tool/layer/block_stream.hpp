#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace slipway {

/// A stream of bytes cut into blocks that several workers read, each on a
/// thread of its own and each in order, while the caller fills the next ones.
/// The caller reads files straight into the blocks; nothing is copied for the
/// workers, and a ring of few blocks bounds the memory.
class BlockStream {
 public:
  static constexpr std::size_t block_size = 512 * 1024;

  /// Bytes of one block that belong together, e.g. to one file.
  struct Piece {
    std::size_t owner = 0;  ///< what the caller calls it by
    std::size_t begin = 0;
    std::size_t size = 0;
    bool last = false;  ///< the owner has no more pieces
  };

  struct Block {
    std::unique_ptr<std::byte[]> data = std::make_unique_for_overwrite<std::byte[]>(block_size);
    std::size_t size = 0;
    std::vector<Piece> pieces = {};

    std::span<const std::byte> bytes() const { return {data.get(), size}; }
    std::span<const std::byte> bytes(const Piece& piece) const {
      return bytes().subspan(piece.begin, piece.size);
    }
  };

  using Worker = std::function<void(const Block&)>;

  /// `caller` gets each block too, on the caller's thread.
  BlockStream(Worker caller, std::vector<Worker> workers);
  ~BlockStream();
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  /// Where the next bytes go; never empty.
  std::span<std::byte> room();

  /// The first `size` bytes of room() are filled.
  void advance(std::size_t size);

  /// The same, and they are a piece of `owner`.
  void advance(std::size_t size, std::size_t owner, bool last);

  void write(std::span<const std::byte> bytes);

  /// Bytes advanced so far.
  std::uint64_t position() const noexcept { return position_; }

  /// Hand over the last block and wait for the workers. Rethrows what they
  /// threw.
  void finish();

 private:
  static constexpr std::size_t ring_size = 8;

  void submit();
  void start_threads();
  void run(std::size_t worker);
  bool slot_is_free() const;

  Worker caller_;
  std::vector<Worker> workers_;
  std::array<Block, ring_size> ring_;
  Block* current_ = &ring_[0];
  std::uint64_t position_ = 0;

  std::mutex mutex_;  // guards the rest but threads_
  std::condition_variable submitted_changed_;
  std::condition_variable done_changed_;
  std::uint64_t submitted_ = 0;      // blocks handed to the workers
  std::vector<std::uint64_t> done_;  // blocks each worker is done with
  bool ended_ = false;
  bool aborted_ = false;
  std::exception_ptr failure_ = {};
  std::vector<std::jthread> threads_;
};

}  // namespace slipway
