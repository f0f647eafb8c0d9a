#include <catch2/catch.hpp>

#include "build/parents_pattern.hpp"

using namespace slipway;

TEST_CASE("the pivot of --parents", "[build][parents]") {
  CHECK(ParentsPattern("a/b").pivot() == "/");
  CHECK(ParentsPattern("a/./b").pivot() == "a");
  CHECK(ParentsPattern("./a/./b/./c").pivot() == "./a");
  CHECK(ParentsPattern("a/./").is_everything());
  CHECK(ParentsPattern("a/b").is_literal());
  CHECK_FALSE(ParentsPattern("a*/./b").is_literal());
  CHECK_FALSE(ParentsPattern("a/./*").is_literal());
}

TEST_CASE("which paths --parents takes", "[build][parents]") {
  const auto [word, path, taken] = GENERATE(table<std::string, std::string, bool>({
      {"a/b", "a/b", true},
      {"a/b", "a/b/c", true},
      {"a/b", "a", false},
      {"a/b", "a/bc", false},
      {"a/*/c", "a/x/c", true},
      {"a/*/c", "a/x/y/c", false},
      {"**/c", "c", true},
      {"**/c", "a/b/c", true},
      {"a/**/c", "a/c", true},
      {"a/**/c", "b/c", false},
      {"p/./*.txt", "x.txt", true},
      {"p/./", "anything", true},
  }));
  CAPTURE(word, path);
  CHECK(ParentsPattern(word).includes(path) == taken);
}

TEST_CASE("directories that cannot hold a match are not walked", "[build][parents]") {
  const ParentsPattern pattern("src/*/include/**/x.h");
  CHECK(pattern.only_child("") == "src");
  CHECK(pattern.may_hold("src"));
  CHECK_FALSE(pattern.may_hold("doc"));
  CHECK_FALSE(pattern.only_child("src"));
  CHECK(pattern.may_hold("src/a"));
  CHECK(pattern.only_child("src/a") == "include");
  CHECK_FALSE(pattern.may_hold("src/a/test"));
  CHECK(pattern.may_hold("src/a/include/b/c/d"));
  CHECK_FALSE(pattern.only_child("src/a/include/b"));
  CHECK_FALSE(ParentsPattern("a/*.txt").may_hold("a/b.txt"));
}
