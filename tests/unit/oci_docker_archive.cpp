#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "oci/docker_archive.hpp"

using namespace slipway;

TEST_CASE("the list of a docker archive survives the round trip", "[oci][docker_archive]") {
  const std::vector<DockerArchiveImage> images = {
      {.config = "c.json", .repo_tags = {"app:1", "app:2"}, .layers = {"a/layer.tar"}},
      {.config = "d.json"}};
  const std::string text = to_json(images);
  CHECK(text == R"([{"Config":"c.json","RepoTags":["app:1","app:2"],"Layers":["a/layer.tar"]},)"
                R"({"Config":"d.json","RepoTags":[],"Layers":[]}])");
  CHECK(parse_docker_archive(text) == images);
}

TEST_CASE("null lists are empty, as Docker writes them", "[oci][docker_archive]") {
  const auto images = parse_docker_archive(R"([{"Config":"c","RepoTags":null,"More":1}])");
  CHECK(images == std::vector<DockerArchiveImage>{{.config = "c"}});
}

TEST_CASE("a malformed list is refused by place", "[oci][docker_archive]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"{", "not a JSON document"},
      {"{}", "expected a list"},
      {"[1]", "[0]: expected an object"},
      {R"([{"Config":"c"},{"Config":1}])", "[1].Config: expected a text"},
      {R"([{"Config":"c","Layers":"x"}])", "[0].Layers: expected a list"},
      {R"([{"Config":"c","RepoTags":[1]}])", "[0].RepoTags: expected texts"},
  }));
  CAPTURE(text);
  try {
    (void)parse_docker_archive(text);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::input);
    CHECK(error.what() == "manifest.json: " + why);
  }
}
