#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_writer.hpp"

using namespace slipway;

TEST_CASE("JSON is written with one blank an indent", "[base][json]") {
  JsonWriter json;
  json.object([&] {
    json.member("number", 4);
    json.member("flag", true);
    json.member("text", "a \"b\"\n");
    json.member("none", std::vector<std::string>{});
    json.member("list", std::vector<std::string>{"x", "y"});
    json.member("map", std::map<std::string, std::string>{{"k", "v"}});
    json.key("objects").array([&] { json.object([] {}); });
  });
  CHECK(
      std::move(json).take() ==
      "{\n \"number\": 4,\n \"flag\": true,\n \"text\": \"a \\\"b\\\"\\n\",\n \"none\": [],\n"
      " \"list\": [\n  \"x\",\n  \"y\"\n ],\n \"map\": {\n  \"k\": \"v\"\n },\n \"objects\": [\n  {}\n ]\n}");
}

TEST_CASE("a reader of JSON gets back what was written", "[base][json]") {
  std::string text;
  for (int c = 0; c < 0x80; ++c) text += static_cast<char>(c);
  text += "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x9a\xa2";
  JsonWriter json;
  json.value(text);
  CHECK(nlohmann::json::parse(std::move(json).take()).get<std::string>() == text);
}

TEST_CASE("what is not UTF-8 is refused", "[base][json]") {
  const auto* text = GENERATE("\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80");
  JsonWriter json;
  CHECK_THROWS_WITH(json.value(text), Catch::Matchers::EndsWith("is not valid UTF-8"));
}
