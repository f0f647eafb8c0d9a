#include <catch2/catch.hpp>

#include "run/idmap.hpp"

using namespace slipway;

TEST_CASE("a user's first range of subordinate ids is found", "[run][idmap]") {
  const std::string text =
      "other:100000:65536\n"
      "broken:1\n"
      "me:x:5\n"
      "me:200000:0\n"
      "me:231072:65536\n"
      "me:900000:65536\n"
      "1000:300000:10\n";
  CHECK(find_id_range(text, "me", 1) == IdRange{231072, 65536});
  CHECK(find_id_range(text, "nobody", 1000) == IdRange{300000, 10});
  CHECK(find_id_range(text, "", 7) == std::nullopt);
  CHECK(find_id_range("", "me", 1) == std::nullopt);
}
