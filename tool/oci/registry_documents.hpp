#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// One of the "errors" of a registry's answer (distribution-spec, "Error Codes").
struct RegistryError {
  std::string code = {};  ///< "MANIFEST_UNKNOWN"
  std::string message = {};
};

/// Empty for anything that is not such a document: proxies answer in HTML.
std::vector<RegistryError> parse_registry_errors(std::string_view json);

/// What a token server answers (distribution's docs/spec/auth/token.md).
struct BearerToken {
  std::string token = {};
  std::string refresh_token = {};  ///< empty: none
};

/// Throws Errc::remote, without any of the text, where there is no token in it.
BearerToken parse_bearer_token(std::string_view json);

/// The tags of distribution-spec's "Listing Tags". Throws Errc::remote.
std::vector<std::string> parse_tag_list(std::string_view json);

/// "mediaType" of a manifest or index. OCI leaves it to documents whether they say
/// what they are, so one without is known by what it holds; empty where it is neither.
std::string media_type_in(std::string_view json);

}  // namespace slipway
