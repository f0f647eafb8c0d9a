#pragma once

#include <string_view>

namespace slipway {

/// The number of "SIGTERM", "term", "RTMIN+3", "SIGRTMAX-1" or "15", as Docker reads it.
/// Throws Errc::usage.
int parse_signal(std::string_view text);

}  // namespace slipway
