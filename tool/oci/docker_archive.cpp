#include "oci/docker_archive.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"

namespace slipway {
namespace {

[[noreturn]] void refuse(std::string_view what) {
  throw Error(Errc::input, fmt::format("{}: {}", docker_archive_manifest, what));
}

/// A list of strings; null and a missing key are an empty one, as Go writes
/// and reads them.
std::vector<std::string> string_list(const Json& image, const char* key, std::size_t index) {
  const auto found = image.find(key);
  if (found == image.end() || found->is_null()) return {};
  if (!found->is_array()) refuse(fmt::format("[{}].{}: expected a list", index, key));
  std::vector<std::string> texts;
  for (const Json& item : *found) {
    if (!item.is_string()) refuse(fmt::format("[{}].{}: expected texts", index, key));
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

DockerArchiveImage parse_image(const Json& image, std::size_t index) {
  if (!image.is_object()) refuse(fmt::format("[{}]: expected an object", index));
  const auto config = image.find("Config");
  if (config == image.end() || !config->is_string()) {
    refuse(fmt::format("[{}].Config: expected a text", index));
  }
  return {.config = config->get<std::string>(),
          .repo_tags = string_list(image, "RepoTags", index),
          .layers = string_list(image, "Layers", index)};
}

}  // namespace

std::vector<DockerArchiveImage> parse_docker_archive(std::string_view json) {
  const auto document = try_parse_json(json);
  if (!document) refuse("not a JSON document");
  if (!document->is_array()) refuse("expected a list");
  std::vector<DockerArchiveImage> images;
  for (const Json& image : *document) images.push_back(parse_image(image, images.size()));
  return images;
}

std::string to_json(const std::vector<DockerArchiveImage>& images) {
  Json document = Json::array();
  for (const DockerArchiveImage& image : images) {
    document.push_back(
        {{"Config", image.config}, {"RepoTags", image.repo_tags}, {"Layers", image.layers}});
  }
  try {
    return to_text(document);
  } catch (const Json::exception&) {
    refuse("a name is not UTF-8");
  }
}

}  // namespace slipway
