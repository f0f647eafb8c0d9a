#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

// History entries are written as Docker's builder writes them, which is how
// Go's fmt package prints; and durations are Go's.

/// Go's %q of one string: double quotes, \n \t \" \\ and \xNN or \uNNNN for the rest.
std::string go_quote(std::string_view text);

/// Go's %q of a []string: ["a" "b"].
std::string go_quote_list(std::span<const std::string> texts);

/// Go's %v of a []string: [a b].
std::string go_list(std::span<const std::string> texts);

/// time.Duration.String(): "1m30s", "1.5s", "100ms", "0s".
std::string go_duration(std::int64_t nanoseconds);

/// time.ParseDuration(): "1h15m", "1.5s", "100ms", "0", in nanoseconds; nullopt
/// if malformed or too large.
std::optional<std::int64_t> parse_go_duration(std::string_view text);

}  // namespace slipway
