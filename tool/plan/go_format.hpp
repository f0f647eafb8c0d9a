#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

// History entries are written as Docker's builder writes them, which is how
// Go's fmt package prints.

/// Go's %q of one string: double quotes, \n \t \" \\ and \xNN or \uNNNN for the rest.
std::string go_quote(std::string_view text);

/// Go's %q of a []string: ["a" "b"].
std::string go_quote_list(std::span<const std::string> texts);

/// Go's %v of a []string: [a b].
std::string go_list(std::span<const std::string> texts);

/// time.Duration.String(): "1m30s", "1.5s", "100ms", "0s".
std::string go_duration(std::int64_t nanoseconds);

}  // namespace slipway
