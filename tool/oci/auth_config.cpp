#include "oci/auth_config.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace slipway {
namespace {

/// The user name that stands for an identity token in helpers' answers.
constexpr std::string_view token_user = "<token>";

Json parse_auth_json(std::string_view text) {
  auto json = text.empty() ? Json::object() : try_parse_json(text).value_or(Json());
  if (!json.is_object()) throw Error(Errc::input, "it is no JSON object");
  return json;
}

std::string auth_text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Credentials read_auth(const Json& json) {
  Credentials credentials;
  if (!json.is_object()) return credentials;
  credentials.user = auth_text(json, "username");
  credentials.password = auth_text(json, "password");
  credentials.identity_token = auth_text(json, "identitytoken");
  credentials.registry_token = auth_text(json, "registrytoken");
  const auto encoded = auth_text(json, "auth");
  if (encoded.empty()) return credentials;
  const auto plain = base64_decoded(encoded);
  const auto colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos)
    throw Error(Errc::input, "an \"auth\" in it is no base64 of user:password");
  credentials.user = plain->substr(0, colon);
  credentials.password = plain->substr(colon + 1);
  // Old Dockers padded it.
  while (credentials.password.ends_with('\0')) credentials.password.pop_back();
  return credentials;
}

Json write_auth(const Credentials& credentials) {
  Json json = Json::object();
  if (!credentials.user.empty()) {
    json["auth"] = base64_encoded(credentials.user + ':' + credentials.password);
  }
  if (!credentials.identity_token.empty()) json["identitytoken"] = credentials.identity_token;
  return json;
}

}  // namespace

AuthConfig parse_auth_config(std::string_view text) {
  const auto json = parse_auth_json(text);
  AuthConfig config;
  config.store = auth_text(json, "credsStore");
  if (json.contains("auths") && json["auths"].is_object()) {
    for (const auto& [key, value] : json["auths"].items()) config.auths[key] = read_auth(value);
  }
  if (json.contains("credHelpers") && json["credHelpers"].is_object()) {
    for (const auto& [key, value] : json["credHelpers"].items()) {
      if (value.is_string()) config.helpers[key] = value.get<std::string>();
    }
  }
  return config;
}

std::string with_auth(std::string_view text, const std::string& key,
                      const Credentials& credentials) {
  auto json = parse_auth_json(text);
  auto& auths = json["auths"];
  if (!auths.is_object()) auths = Json::object();
  auths.erase(key);
  if (!credentials.is_empty()) auths[key] = write_auth(credentials);
  return to_printable_text(json, 1, '\t') + '\n';
}

Credentials parse_helper_answer(std::string_view text) {
  const auto json = try_parse_json(text).value_or(Json());
  if (!json.is_object()) throw Error(Errc::environment, "its answer is no JSON object");
  const auto user = auth_text(json, "Username");
  const auto secret = auth_text(json, "Secret");
  if (user == token_user) return {.identity_token = secret};
  return {.user = user, .password = secret};
}

std::string to_helper_request(const std::string& server, const Credentials& credentials) {
  const bool is_token = !credentials.identity_token.empty();
  const Json json = {{"ServerURL", server},
                     {"Username", is_token ? std::string(token_user) : credentials.user},
                     {"Secret", is_token ? credentials.identity_token : credentials.password}};
  return to_printable_text(json);
}

}  // namespace slipway
