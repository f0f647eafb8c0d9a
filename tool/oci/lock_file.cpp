#include "oci/lock_file.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace slipway {
namespace {

using LockJson = nlohmann::ordered_json;

constexpr int lock_version = 1;

LockedReference read_locked(const LockJson& json) {
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

LockJson write_locked(const LockedReference& locked) {
  LockJson json = {{"digest", locked.entry.digest.str()},
                   {"mediaType", locked.entry.media_type},
                   {"size", locked.entry.size}};
  for (const auto& [platform, digest] : locked.platforms) json["platforms"][platform] = digest.str();
  return json;
}

}  // namespace

LockFile parse_lock_file(std::string_view text) {
  LockFile lock;
  try {
    const auto json = LockJson::parse(text);
    if (json.at("version") != lock_version) throw Error(Errc::input, "lock file: another version of slipway wrote it");
    for (const auto& [reference, locked] : json.at("references").items()) lock.emplace(reference, read_locked(locked));
  } catch (const LockJson::exception&) {
    throw Error(Errc::input, "lock file: it is not what 'slipway lock' writes");
  }
  return lock;
}

std::string to_json(const LockFile& lock) {
  LockJson json = {{"version", lock_version}, {"references", LockJson::object()}};
  for (const auto& [reference, locked] : lock) json["references"][reference] = write_locked(locked);
  return json.dump(2) + '\n';
}

}  // namespace slipway
