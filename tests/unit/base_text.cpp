#include <catch2/catch.hpp>

#include "base/text.hpp"

using namespace slipway;

TEST_CASE("split keeps empty parts", "[base][text]") {
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
}

TEST_CASE("trim takes white space from both ends", "[base][text]") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim("  ").empty());
}

TEST_CASE("the nearest word is suggested, a far one is not", "[base][text]") {
  const std::vector<std::string> words = {"--from", "--chown", "--chmod"};
  CHECK(did_you_mean("--form", words) == "did you mean '--from'?");
  CHECK(did_you_mean("--CHMOD", words) == "did you mean '--chmod'?");
  CHECK(did_you_mean("--platform", words).empty());
  CHECK(did_you_mean("x", words).empty());
}

TEST_CASE("printable shows what a terminal must not get", "[base][text]") {
  CHECK(printable("a\nb\x1b[0m") == "a\\x0ab\\x1b[0m");
  CHECK(printable("caf\xc3\xa9 \xff") == "caf\xc3\xa9 \\xff");
  CHECK(printable(std::string(300, 'a')) == std::string(200, 'a') + "...");
}

TEST_CASE("sizes are printed in decimal units as Docker does", "[base][text]") {
  CHECK(human_size(0) == "0B");
  CHECK(human_size(999) == "999B");
  CHECK(human_size(1500) == "1.5kB");
  CHECK(human_size(123456789) == "123MB");
}

TEST_CASE("RFC 3339 times go both ways", "[base][text]") {
  const auto seconds = GENERATE(0, 1, 951782400, 1700000000, 4102444799);
  CHECK(parse_rfc3339(rfc3339(seconds)) == seconds);
  CHECK(rfc3339(951782400) == "2000-02-29T00:00:00Z");
  CHECK(parse_rfc3339("2000-02-29T01:00:00.123456789+01:00") == 951782400);
  CHECK_FALSE(parse_rfc3339("2001-02-29T00:00:00Z"));
  CHECK_FALSE(parse_rfc3339("yesterday"));
}

TEST_CASE("a whole number has nothing before or after it", "[base][text]") {
  CHECK(parse_integer("42") == 42);
  CHECK(parse_integer("-1") == -1);
  for (const auto* text : {"", " 1", "1 ", "0x1", "1.5", "99999999999999999999"})
    CHECK_FALSE(parse_integer(text));
}
