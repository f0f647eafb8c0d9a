#include "oci/registry_documents.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "oci/image.hpp"

namespace slipway {
namespace {

/// Null for what is no JSON.
Json parse_answer(std::string_view text) { return try_parse_json(text).value_or(Json()); }

std::string text_at(const Json& json, const char* key) {
  if (!json.is_object()) return {};
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::vector<RegistryError> parse_registry_errors(std::string_view text) {
  const auto json = parse_answer(text);
  std::vector<RegistryError> errors;
  if (!json.is_object() || !json.contains("errors") || !json["errors"].is_array()) return errors;
  for (const auto& error : json["errors"])
    errors.push_back({text_at(error, "code"), text_at(error, "message")});
  return errors;
}

BearerToken parse_bearer_token(std::string_view text) {
  const auto json = parse_answer(text);
  BearerToken token{text_at(json, "token"), text_at(json, "refresh_token")};
  if (token.token.empty()) token.token = text_at(json, "access_token");
  if (token.token.empty()) throw Error(Errc::remote, "the token server's answer holds no token");
  return token;
}

std::vector<std::string> parse_tag_list(std::string_view text) {
  const auto json = parse_answer(text);
  if (!json.is_object() || !json.contains("tags")) {
    throw Error(Errc::remote, "the registry's answer is no list of tags");
  }
  std::vector<std::string> tags;
  for (const auto& tag : json["tags"]) {
    if (tag.is_string()) tags.push_back(tag.get<std::string>());
  }
  return tags;
}

std::string media_type_in(std::string_view text) {
  const auto json = parse_answer(text);
  auto type = text_at(json, "mediaType");
  if (!type.empty() || !json.is_object()) return type;
  if (json.contains("manifests")) return std::string(media_type::oci_index);
  return json.contains("config") && json.contains("layers") ? std::string(media_type::oci_manifest)
                                                            : type;
}

}  // namespace slipway
