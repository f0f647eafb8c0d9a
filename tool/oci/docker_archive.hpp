#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// One image of a docker archive's manifest.json: names of files inside the
/// archive. The format is that of `docker save` (moby, image/tarexport):
///   [{"Config": "<file>", "RepoTags": ["name:tag"], "Layers": ["<file>", ...]}, ...]
struct DockerArchiveImage {
  std::string config = {};
  std::vector<std::string> repo_tags = {};
  std::vector<std::string> layers = {};  ///< lowest first
  bool operator==(const DockerArchiveImage&) const = default;
};

/// The file of a docker archive that lists its images.
inline constexpr std::string_view docker_archive_manifest = "manifest.json";

/// Throws Errc::input with what is wrong ("manifest.json: [0].Layers: ...").
std::vector<DockerArchiveImage> parse_docker_archive(std::string_view json);

/// Deterministic: fixed order of keys, no white space.
std::string to_json(const std::vector<DockerArchiveImage>& images);

}  // namespace slipway
