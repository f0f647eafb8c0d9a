#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace slipway::cli {

using Row = std::vector<std::string>;

/// Rows as left-aligned columns, three spaces between them, as Docker prints
/// tables. Widths count UTF-8 characters, not bytes.
std::string to_table(const std::vector<Row>& rows);

/// At most `limit` characters, the last one "…" when something is cut; tabs
/// and line ends become spaces.
std::string shortened(std::string_view text, std::size_t limit);

/// How long before `now` (seconds since 1970) an RFC 3339 time was, in Docker's
/// words: "About an hour ago", "3 weeks ago"; "N/A" for no time.
std::string age(std::string_view created, std::int64_t now);

/// An RFC 3339 time as Docker's tables have it: "2024-01-02 03:04:05 +0000 UTC";
/// "N/A" for no time.
std::string date_and_time(std::string_view rfc3339);

/// A moment as Docker's flags name it: RFC 3339, seconds since 1970, or a duration
/// before now (10m, 24h). Throws Errc::usage naming `flag`.
std::int64_t parse_moment(std::string_view flag, std::string_view text);

/// The current time, seconds since 1970.
std::int64_t now();

/// A --format text with each "{{.Name}}" replaced by fields.at("Name"), "{{json .}}"
/// by all of them, "{{upper .Name}}" and the like by what that gives, and \t and \n
/// by what they mean. Throws Errc::usage for names that are not there.
std::string fill_format(std::string_view format, const std::map<std::string, std::string>& fields);

/// The same over a document: "{{.State.Status}}" is the value of a member's member.
/// Lists and objects read as Go prints them: [a b], map[k:v].
std::string fill_format(std::string_view format, const Json& document);

}  // namespace slipway::cli
