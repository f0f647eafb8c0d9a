#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// `text` without spaces, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);

/// The parts between separators; empty parts are kept, an empty text has one.
std::vector<std::string> split(std::string_view text, char separator);

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// The candidate nearest to `word` by edit distance (case ignored), if one is
/// nearer than three edits and nearer than the word's own length.
std::optional<std::string> closest(std::string_view word, std::span<const std::string> candidates);

/// "did you mean 'x'?" for the closest candidate, or an empty text.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// `text` as a message may show it: control characters and invalid UTF-8 as
/// \xNN, and cut (with "...") beyond `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 200);

/// The length of the UTF-8 sequence that the text begins with (Unicode 15, table
/// 3-7); 0 where it is not valid.
std::size_t utf8_length(std::string_view text);

/// Where the first byte is that is not valid UTF-8; nullopt: there is none.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// "1.5 MB", "812 B": decimal units as Docker prints them.
std::string human_size(std::uint64_t bytes);

/// Seconds since 1970 as RFC 3339 in UTC: "1970-01-01T00:00:00Z".
std::string rfc3339(std::int64_t seconds);

/// The inverse of rfc3339(), fractions of a second dropped; nullopt if malformed.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

/// "%41b" -> "Ab", as in URLs; what is no escape stays.
std::string percent_decoded(std::string_view text);

/// Two lower-case hex digits a byte.
std::string to_hex(std::string_view bytes);

/// A whole decimal number, nothing before or after; nullopt otherwise.
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace slipway
