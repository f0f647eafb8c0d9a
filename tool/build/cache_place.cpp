#include "build/cache_place.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/attributes.hpp"

namespace slipway {
namespace {

/// How one of the two flags is spelled.
struct CacheFlag {
  std::string_view name = {};
  std::string_view folder_key = {};
  std::vector<std::string> keys = {};
};

const CacheFlag from_flag = {"--cache-from", "src", {"type", "ref", "src", "cache-mounts"}};
// BuildKit's last two say what ours always are.
const CacheFlag to_flag = {"--cache-to",
                           "dest",
                           {"type", "ref", "dest", "mode", "ignore-error", "cache-mounts",
                            "image-manifest", "oci-mediatypes"}};

CachePlace parse_cache(const CacheFlag& flag, std::string_view text) {
  const bool is_bare = text.find_first_of("=,\"") == std::string_view::npos;
  const Attributes attributes(flag.name, is_bare ? fmt::format("ref={}", text) : std::string(text),
                              flag.keys);
  const auto type = attributes.get("type");
  CachePlace place;
  if (type == "local") {
    place.kind = CachePlace::Kind::local;
    place.folder = attributes.get(std::string(flag.folder_key));
    if (place.folder.empty()) attributes.refuse(fmt::format("it has no '{}'", flag.folder_key));
    place.folder = std::filesystem::absolute(place.folder);
  } else if (type.empty() || type == "registry") {
    const auto reference = attributes.get("ref");
    if (reference.empty()) attributes.refuse("it has no 'ref'", "say ref=REGISTRY/REPOSITORY");
    try {
      place.repository = Reference::parse(reference);
    } catch (const Error& error) {
      attributes.refuse(error.what());
    }
    if (place.repository.digest)
      attributes.refuse("a digest names one image", "name the repository alone");
  } else {
    attributes.refuse(fmt::format("caches of the type '{}' are not supported", printable(type)),
                      "registry and local are");
  }
  const auto mode = attributes.get("mode");
  if (!mode.empty() && mode != "min" && mode != "max")
    attributes.refuse("mode is neither min nor max");
  place.every_step = mode == "max";
  place.cache_mounts = attributes.flag("cache-mounts", false);
  place.may_fail = attributes.flag("ignore-error", false);
  return place;
}

}  // namespace

CachePlace CachePlace::parse_source(std::string_view text) { return parse_cache(from_flag, text); }

CachePlace CachePlace::parse_target(std::string_view text) { return parse_cache(to_flag, text); }

std::string CachePlace::str() const {
  return kind == Kind::local ? folder.native() : repository.registry + '/' + repository.repository;
}

}  // namespace slipway
