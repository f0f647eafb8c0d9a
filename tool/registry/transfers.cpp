#include "registry/transfers.hpp"

namespace slipway {

Transfers& Transfers::of_process() {
  static Transfers transfers;
  return transfers;
}

CountedTransfer::CountedTransfer(Transfers::Count& count, std::uint64_t size)
    : count_(count), size_(size) {
  count_.expected += size;
}

CountedTransfer::~CountedTransfer() { count_.expected -= size_ - moved_; }

void CountedTransfer::reach(std::uint64_t bytes) {
  count_.moved += bytes - moved_;  // unsigned: a difference below 0 takes away
  moved_ = bytes;
}

}  // namespace slipway
