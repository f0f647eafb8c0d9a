#include <catch2/catch.hpp>

#include "base/base64.hpp"
#include "base/error.hpp"
#include "oci/auth_config.hpp"
#include "oci/registry_documents.hpp"

using namespace slipway;

TEST_CASE("base64 comes back as it was", "[oci][base64]") {
  const auto [plain, encoded] = GENERATE(table<std::string, std::string>(
      {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xff\xfe:\x01", "//46AQ=="}}));
  CHECK(base64_encoded(plain) == encoded);
  CHECK(base64_decoded(encoded) == plain);
  CHECK_FALSE(base64_decoded("a*b=").has_value());
  CHECK_FALSE(base64_decoded("Zm9vY").has_value());
  CHECK(base64_decoded("Zg") == "f");
}

TEST_CASE("credentials are read as Docker writes them", "[oci][auth]") {
  const auto config = parse_auth_config(R"({
    "auths": {"a": {"auth": "dXNlcjpwYTpzcw=="}, "b": {"identitytoken": "t"}, "c": {},
              "d": {"username": "u", "password": "p"}, "e": {"auth": "dTpwAAA="}},
    "credHelpers": {"gcr.io": "gcloud"}, "credsStore": "pass", "other": 1})");
  CHECK(config.auths.at("a") == Credentials{.user = "user", .password = "pa:ss"});
  CHECK(config.auths.at("b") == Credentials{.identity_token = "t"});
  CHECK(config.auths.at("c").is_empty());
  CHECK(config.auths.at("d") == Credentials{.user = "u", .password = "p"});
  CHECK(config.auths.at("e") == Credentials{.user = "u", .password = "p"});
  CHECK(config.helpers.at("gcr.io") == "gcloud");
  CHECK(config.store == "pass");
}

TEST_CASE("what is wrong with a file of credentials is told without its text", "[oci][auth]") {
  CHECK_THROWS_WITH(parse_auth_config("{\"auths\": secret"), "it is no JSON object");
  CHECK_THROWS_WITH(parse_auth_config("[]"), "it is no JSON object");
  CHECK_THROWS_WITH(parse_auth_config(R"({"auths": {"a": {"auth": "secret"}}})"),
                    "an \"auth\" in it is no base64 of user:password");
}

TEST_CASE("an entry changes and all else stays", "[oci][auth]") {
  const auto text = with_auth(R"({"z": [1], "auths": {"a": {"auth": "x"}}})", "b",
                              {.user = "u", .password = "p"});
  CHECK(text ==
        "{\n\t\"z\": [\n\t\t1\n\t],\n\t\"auths\": {\n\t\t\"a\": {\n\t\t\t\"auth\": \"x\"\n\t\t},\n"
        "\t\t\"b\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t}\n}\n");
  CHECK(parse_auth_config(with_auth(with_auth("", "a", {.user = "u", .password = "p"}), "a", {}))
            .auths.empty());
}

TEST_CASE("errors of registries are read where there are some", "[oci][registry]") {
  const auto errors =
      parse_registry_errors(R"({"errors": [{"code": "DENIED", "message": "no"}, {}]})");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].code == "DENIED");
  CHECK(errors[0].message == "no");
  for (const auto* text : {"", "<html>", "[]", R"({"errors": 1})"})
    CHECK(parse_registry_errors(text).empty());
}

TEST_CASE("a token has either of two names", "[oci][registry]") {
  CHECK(parse_bearer_token(R"({"token": "a", "access_token": "b"})").token == "a");
  CHECK(parse_bearer_token(R"({"access_token": "b"})").token == "b");
  CHECK_THROWS_WITH(parse_bearer_token(R"({"secret": 1})"),
                    "the token server's answer holds no token");
}
