#include <catch2/catch.hpp>

#include "registry/transfers.hpp"

namespace {
using namespace slipway;

TEST_CASE("transfers are counted while they last", "[registry][transfers]") {
  Transfers::Count count;
  {
    CountedTransfer whole(count, 100);
    CountedTransfer broken(count, 50);
    CHECK(count.expected == 150);
    whole.reach(60);
    broken.reach(20);
    CHECK(count.moved == 80);
    whole.reach(0);  // it begins again
    CHECK(count.moved == 20);
    whole.reach(100);
  }
  CHECK(count.moved == 120);
  CHECK(count.expected == 120);
}

}  // namespace
