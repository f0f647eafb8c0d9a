#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "dockerfile/ignore.hpp"

using namespace slipway;
using namespace slipway::dockerfile;

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("an ignore file is cleaned line by line", "[dockerfile][ignore]") {
  CHECK(read_ignore_file("\xEF\xBB\xBF# c\r\n\n a/ \r\n./b/../c\n/d\n! /e/\n #f\n!\n/\n") ==
        Texts{"a", "c", "d", "!e", "#f", "!", "/"});
  CHECK(read_ignore_file("").empty());
}

TEST_CASE("patterns exclude paths and what is below them", "[dockerfile][ignore]") {
  const auto [patterns, path, excluded] = GENERATE(table<Texts, std::string, bool>({
      {{"a"}, "a", true},
      {{"a"}, "a/b/c", true},
      {{"a"}, "ab", false},
      {{"a"}, "b/a", false},
      {{"*.o"}, "x.o", true},
      {{"*.o"}, "d/x.o", false},
      {{"**/*.o"}, "d/e/x.o", true},
      {{"**/*.o"}, "x.o", true},
      {{"**"}, "d/x", true},
      {{"d/**"}, "d/x/y", true},
      {{"d/**"}, "d", false},
      {{"**.o"}, "d/x.o", true},
      {{"**o*"}, "xo", false},
      {{"d/**/x"}, "d/x", true},
      {{"d/**/x"}, "d/e/f/x/y", true},
      {{"d/**/x"}, "dx", false},
      {{"d?/[a-c]"}, "d1/b", true},
      {{"d?/[^a-c]"}, "d1/b", false},
      {{"a\\*"}, "a*", true},
      {{"a\\*"}, "ab", false},
      {{"*", "!keep"}, "keep/x", false},
      {{"*", "!keep", "keep/x"}, "keep/x", true},
      {{"!keep", "*"}, "keep", true},
      {{"*"}, ".", false},
      {{"\u00E9?"}, "\u00E9\u00E9", true},
  }));
  CAPTURE(patterns, path);
  CHECK(IgnoreMatcher(patterns).excluded(path) == excluded);
}

TEST_CASE("a directory is read only where something in it may come back", "[dockerfile][ignore]") {
  const auto [patterns, path, prunes] = GENERATE(table<Texts, std::string, bool>({
      {{"a"}, "a", true},
      {{"*", "!b"}, "a", true},
      {{"*", "!a/b/c"}, "a", false},
      {{"*", "!a/b/c"}, "a/b", false},
      {{"*", "!a/b/c"}, "a/x", true},
      {{"*", "!a"}, "ab", true},
      {{"*", "!**/keep"}, "a/b", false},
      {{"*", "!a/*"}, "a", false},
      {{"*", "!a/*"}, "a/b", true},
  }));
  CAPTURE(patterns, path);
  CHECK(IgnoreMatcher(patterns).prunes(path) == prunes);
}

TEST_CASE("Buildah's ignore file reaches below a directory by a plain path only",
          "[dockerfile][ignore]") {
  const auto exceptions = IgnoreMatcher::Exceptions::by_plain_path;
  CHECK(IgnoreMatcher({"*", "!**/keep"}, exceptions).prunes("a"));
  CHECK(IgnoreMatcher({"*", "!*/keep"}, exceptions).prunes("a"));
  CHECK_FALSE(IgnoreMatcher({"*", "!a/b*"}, exceptions).prunes("a"));
}

TEST_CASE("a malformed ignore pattern is named", "[dockerfile][ignore]") {
  const auto [pattern, message] = GENERATE(table<std::string, std::string>({
      {"[", "malformed pattern '['"},
      {"a[]", "malformed pattern 'a[]'"},
      {"a\\", "malformed pattern 'a\\'"},
      {"[z-a]", "malformed pattern '[z-a]'"},
      {"!", "malformed pattern '!'"},
  }));
  CAPTURE(pattern);
  try {
    const IgnoreMatcher matcher({pattern});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::input);
    CHECK(error.what() == message);
  }
}

TEST_CASE("wildcards of COPY sources are those of Go's filepath.Match", "[dockerfile][ignore]") {
  const auto [pattern, path, matches] = GENERATE(table<std::string, std::string, bool>({
      {"a*", "abc", true},
      {"a*", "ab/c", false},
      {"a?c", "a/c", false},
      {"*/x", "d/x", true},
      {"**", "d/x", false},
      {"[^a]", "b", true},
      {"[[]x", "[x", true},
      {"[\\]]", "]", true},
      {"", "", true},
      {"*", "", true},
  }));
  CAPTURE(pattern, path);
  CHECK(match_path(pattern, path) == matches);
  CHECK_THROWS_WITH(match_path(pattern + "[a-]", path), "malformed pattern '" + pattern + "[a-]'");
}

TEST_CASE("a wildcard is an unescaped one", "[dockerfile][ignore]") {
  CHECK(has_wildcard("a*"));
  CHECK(has_wildcard("[a]"));
  CHECK_FALSE(has_wildcard("a\\*\\?"));
  CHECK_FALSE(has_wildcard("plain\\"));
}

TEST_CASE("many stars take no time", "[dockerfile][ignore]") {
  const IgnoreMatcher matcher({"**/*a*a*a*a*a*a*a*a*a*a*b"});
  CHECK_FALSE(matcher.excluded(std::string(20'000, 'a')));
}
