#include <catch2/catch.hpp>

#include "registry/challenge.hpp"

using namespace slipway;

TEST_CASE("a challenge has a scheme and parameters", "[registry]") {
  const auto challenges = parse_challenges(
      R"(Bearer realm="https://auth.example.org/token",service="a, \"b\"",scope="repository:a/b:pull,push")");
  REQUIRE(challenges.size() == 1);
  CHECK(challenges[0].scheme == "bearer");
  CHECK(challenges[0].get("realm") == "https://auth.example.org/token");
  CHECK(challenges[0].get("service") == "a, \"b\"");
  CHECK(challenges[0].get("scope") == "repository:a/b:pull,push");
  CHECK(challenges[0].get("error").empty());
}

TEST_CASE("a header may hold several challenges", "[registry]") {
  const auto challenges =
      parse_challenges("Negotiate, Basic Realm=x , charset = \"UTF-8\", Bearer realm=y");
  REQUIRE(challenges.size() == 3);
  CHECK(challenges[0].scheme == "negotiate");
  CHECK(challenges[1].get("realm") == "x");
  CHECK(challenges[1].get("charset") == "UTF-8");
  CHECK(challenges[2].get("realm") == "y");
}

TEST_CASE("a malformed challenge ends the list", "[registry]") {
  CHECK(parse_challenges("").empty());
  CHECK(parse_challenges("a=b").empty());
  CHECK(parse_challenges("=").empty());
  CHECK(parse_challenges("Basic \"x").size() == 1);
  CHECK(parse_challenges("Basic realm=\"x")[0].get("realm") == "x");
}
