#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "oci/image.hpp"

using namespace slipway;

namespace {

const std::string digest = Digest::of("x").str();

std::string config_json(const std::string& inner) {
  return R"({"architecture":"amd64","os":"linux","config":{)" + inner +
         R"(},"rootfs":{"type":"layers","diff_ids":[")" + digest + R"("]},"history":[]})";
}

}  // namespace

TEST_CASE("an image config survives reading and writing", "[oci][image]") {
  const auto text = config_json(
      R"("User":"1:2","ExposedPorts":{"80/tcp":{}},"Env":["A=b"],"Entrypoint":["/app"],"Cmd":[],)"
      R"("Volumes":{"/data":{}},"WorkingDir":"/w","Labels":{"k":"v"},"StopSignal":"SIGINT","Shell":["/bin/bash"],)"
      R"("OnBuild":["RUN x"],"Healthcheck":{"Test":["CMD","a"],"Interval":5000000000,"Retries":3},"ArgsEscaped":true)");
  CHECK(to_json(parse_image_config(text)) == text);
}

TEST_CASE("an absent command and an empty one are two things", "[oci][image]") {
  CHECK_FALSE(parse_image_config(config_json(R"("Cmd":null)")).config.cmd);
  CHECK(parse_image_config(config_json(R"("Cmd":[])")).config.cmd == std::vector<std::string>{});
}

TEST_CASE("a wrong document is refused with the place", "[oci][image]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"nonsense", "parse image config: not valid JSON"},
      {"[]", "parse image config: expected an object"},
      {R"({"os":"linux"})", "parse image config: 'architecture' is missing"},
      {config_json(R"("Env":"A")"), "parse image config.config.Env: expected an array"},
      {config_json(R"("Env":[1])"), "parse image config.config.Env[0]: expected a string"},
  }));
  CHECK_THROWS_WITH(parse_image_config(text), why);
}

TEST_CASE("a manifest of another schema is refused", "[oci][image]") {
  CHECK_THROWS_WITH(parse_manifest(R"({"schemaVersion":1})"),
                    "parse manifest: only schema version 2 is supported");
}

TEST_CASE("the format decides the manifest's media type", "[oci][image]") {
  Manifest manifest;
  manifest.format = ImageFormat::docker;
  manifest.config.media_type = media_type::docker_config;
  CHECK(parse_manifest(to_json(manifest)).format == ImageFormat::docker);
  CHECK(to_json(manifest).find(media_type::docker_manifest) != std::string::npos);
}

TEST_CASE("text that is not UTF-8 is refused, not replaced", "[oci][image]") {
  ImageConfig config;
  config.platform = {"linux", "amd64", ""};
  config.config.labels["k"] = "\xff";
  CHECK_THROWS_WITH(to_json(config), "write image config: a text in it is not valid UTF-8");
}

TEST_CASE("setting a variable keeps its place", "[oci][image]") {
  std::vector<std::string> env = {"A=1", "B=2"};
  set_env(env, "A", "3");
  set_env(env, "C", "");
  CHECK(env == std::vector<std::string>{"A=3", "B=2", "C="});
  CHECK(get_env(env, "C") == "");
  CHECK_FALSE(get_env(env, "D"));
}
