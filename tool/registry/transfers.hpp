#pragma once

#include <atomic>
#include <cstdint>

namespace slipway {

/// How much this process has moved from and to registries, and how much it is about to:
/// what is shown to who waits. Any thread may count and read.
struct Transfers {
  struct Count {
    std::atomic<std::uint64_t> moved = 0;     ///< bytes of blobs
    std::atomic<std::uint64_t> expected = 0;  ///< those and what is to follow
  };
  Count fetched = {};
  Count sent = {};

  static Transfers& of_process();
};

/// One blob among them. What of it has not moved at the end is expected no longer.
class CountedTransfer {
 public:
  CountedTransfer(Transfers::Count& count, std::uint64_t size);
  CountedTransfer(CountedTransfer&&) = delete;
  CountedTransfer& operator=(CountedTransfer&&) = delete;
  ~CountedTransfer();

  /// So many of its bytes are there; fewer than before where it begins again.
  void reach(std::uint64_t bytes);

 private:
  Transfers::Count& count_;
  std::uint64_t size_;
  std::uint64_t moved_ = 0;
};

}  // namespace slipway
