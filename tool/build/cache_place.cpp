#include "build/cache_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/csv.hpp"

namespace slipway {
namespace {

/// How one of the two flags is spelled.
struct CacheFlag {
  std::string_view name = {};
  std::string_view folder_key = {};
  std::vector<std::string> keys = {};
};

const CacheFlag from_flag = {"--cache-from", "src", {"type", "ref", "src"}};
// BuildKit's last two say what ours always are.
const CacheFlag to_flag = {
    "--cache-to", "dest", {"type", "ref", "dest", "mode", "ignore-error", "image-manifest", "oci-mediatypes"}};

[[noreturn]] void refuse_cache(const CacheFlag& flag, std::string_view text, std::string_view why,
                               std::string hint = {}) {
  throw Error(Errc::usage, fmt::format("{} '{}': {}", flag.name, printable(text), why)).with_hint(std::move(hint));
}

std::map<std::string, std::string> attributes_of(const CacheFlag& flag, std::string_view text) {
  const auto fields = dockerfile::csv_fields(text);
  if (!fields) refuse_cache(flag, text, "a quote is open");
  if (fields->size() == 1 && fields->front().find('=') == std::string::npos) return {{"ref", fields->front()}};
  std::map<std::string, std::string> values;
  for (const auto& field : *fields) {
    const auto equals = field.find('=');
    const auto key = to_lower(trim(field.substr(0, equals)));
    if (std::ranges::find(flag.keys, key) == flag.keys.end()) {
      refuse_cache(flag, text, fmt::format("unknown attribute '{}'", printable(key)), did_you_mean(key, flag.keys));
    }
    if (equals == std::string::npos) refuse_cache(flag, text, fmt::format("'{}' has no value", key));
    values[key] = field.substr(equals + 1);
  }
  return values;
}

CachePlace parse_cache(const CacheFlag& flag, std::string_view text) {
  auto values = attributes_of(flag, text);
  const auto& type = values["type"];
  CachePlace place;
  if (type == "local") {
    place.kind = CachePlace::Kind::local;
    place.folder = values[std::string(flag.folder_key)];
    if (place.folder.empty()) refuse_cache(flag, text, fmt::format("it has no '{}'", flag.folder_key));
    place.folder = std::filesystem::absolute(place.folder);
  } else if (type.empty() || type == "registry") {
    if (values["ref"].empty()) refuse_cache(flag, text, "it has no 'ref'", "say ref=REGISTRY/REPOSITORY");
    try {
      place.repository = Reference::parse(values["ref"]);
    } catch (const Error& error) {
      refuse_cache(flag, text, error.what());
    }
    if (place.repository.digest) refuse_cache(flag, text, "a digest names one image", "name the repository alone");
  } else {
    refuse_cache(flag, text, fmt::format("caches of the type '{}' are not supported", printable(type)),
                 "registry and local are");
  }
  const auto& mode = values["mode"];
  if (!mode.empty() && mode != "min" && mode != "max") refuse_cache(flag, text, "mode is neither min nor max");
  place.every_step = mode == "max";
  place.may_fail = to_lower(values["ignore-error"]) == "true";
  return place;
}

}  // namespace

CachePlace CachePlace::parse_source(std::string_view text) { return parse_cache(from_flag, text); }

CachePlace CachePlace::parse_target(std::string_view text) { return parse_cache(to_flag, text); }

std::string CachePlace::str() const {
  return kind == Kind::local ? folder.native() : repository.registry + '/' + repository.repository;
}

}  // namespace slipway
