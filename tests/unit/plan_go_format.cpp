#include <catch2/catch.hpp>

#include "dockerfile/duration.hpp"
#include "plan/go_format.hpp"

using namespace slipway;

TEST_CASE("durations are read and printed as Go does", "[plan][go]") {
  const auto [text, nanoseconds, printed] = GENERATE(table<std::string, std::int64_t, std::string>({
      {"0", 0, "0s"},
      {"30s", 30'000'000'000, "30s"},
      {"1m30s", 90'000'000'000, "1m30s"},
      {"90m", 5'400'000'000'000, "1h30m0s"},
      {"1.5s", 1'500'000'000, "1.5s"},
      {"100ms", 100'000'000, "100ms"},
      {"1us", 1000, "1\xc2\xb5s"},
      {"-2s", -2'000'000'000, "-2s"},
  }));
  CHECK(dockerfile::parse_go_duration(text) == nanoseconds);
  CHECK(go_duration(nanoseconds) == printed);
}

TEST_CASE("lists are printed as %q and %v", "[plan][go]") {
  const std::vector<std::string> words = {"a b", "q\"\n\x01"};
  CHECK(go_quote_list(words) == R"(["a b" "q\"\n\x01"])");
  CHECK(go_list(std::vector<std::string>{"a", "b"}) == "[a b]");
}
