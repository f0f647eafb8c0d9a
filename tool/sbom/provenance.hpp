#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::sbom {

/// How an image was made, as far as that can be told.
struct Provenance {
  /// What the build used, and what its bytes were: algorithm ("sha256", "gitCommit") and hex.
  struct Material {
    std::string uri = {};
    std::map<std::string, std::string> digest = {};
    auto operator<=>(const Material&) const = default;
  };
  std::string image = {};   ///< its name
  std::string digest = {};  ///< of its manifest, "sha256:..."
  std::string dockerfile = {};
  std::string target = {};
  std::string platform = {};
  std::map<std::string, std::string> build_args = {};
  std::vector<Material> materials = {};
  std::string builder = {};                          ///< a URI
  std::map<std::string, std::string> versions = {};  ///< of what built, besides slipway
  std::optional<std::int64_t> time = {};             ///< SOURCE_DATE_EPOCH
};

inline constexpr auto default_builder = "urn:slipway:local";

/// An in-toto statement v1 (https://in-toto.io/Statement/v1) with SLSA provenance v1
/// (https://slsa.dev/spec/v1.0/provenance) of one image.
std::string write_provenance(const Provenance& provenance);

}  // namespace slipway::sbom
