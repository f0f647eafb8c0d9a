#include "oci/lock_file.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"

namespace slipway {
namespace {

constexpr int lock_version = 1;

LockedReference read_locked(const Json& json) {
  LockedReference locked;
  locked.entry.digest = Digest::parse(json.at("digest").get<std::string>());
  locked.entry.media_type = json.at("mediaType").get<std::string>();
  locked.entry.size = json.at("size").get<std::uint64_t>();
  if (!json.contains("platforms")) return locked;
  for (const auto& [platform, digest] : json["platforms"].items()) {
    locked.platforms.emplace(platform, Digest::parse(digest.get<std::string>()));
  }
  return locked;
}

Json write_locked(const LockedReference& locked) {
  Json json = {{"digest", locked.entry.digest.str()},
               {"mediaType", locked.entry.media_type},
               {"size", locked.entry.size}};
  for (const auto& [platform, digest] : locked.platforms)
    json["platforms"][platform] = digest.str();
  return json;
}

}  // namespace

LockFile parse_lock_file(std::string_view text) {
  LockFile lock;
  try {
    const auto json = parse_json(text);
    if (json.at("version") != lock_version)
      throw Error(Errc::input, "lock file: another version of slipway wrote it");
    for (const auto& [reference, locked] : json.at("references").items())
      lock.emplace(reference, read_locked(locked));
  } catch (const Json::exception&) {
    throw Error(Errc::input, "lock file: it is not what 'slipway lock' writes");
  }
  return lock;
}

std::string to_json(const LockFile& lock) {
  Json json = {{"version", lock_version}, {"references", Json::object()}};
  for (const auto& [reference, locked] : lock) json["references"][reference] = write_locked(locked);
  return to_text(json, 2) + '\n';
}

}  // namespace slipway
