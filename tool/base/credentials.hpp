#pragma once

#include <string>
#include <string_view>

namespace slipway {

/// `text` as messages and images may show it: all URLs in it without the user
/// and password before their host ("https://me:secret@host/x" is
/// "https://host/x"). A user alone stays where it is how servers are reached
/// and no secret: ssh and git.
std::string without_credentials(std::string_view text);

/// The same with a '*' for each byte, for texts whose columns matter.
std::string with_masked_credentials(std::string_view text);

}  // namespace slipway
