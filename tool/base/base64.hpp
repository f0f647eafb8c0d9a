#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// Base64 of RFC 4648, section 4, padded.
std::string base64_encoded(std::string_view bytes);

/// The inverse; padding may be left out. nullopt where the text is no base64.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace slipway
