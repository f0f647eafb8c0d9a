#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// JSON values; members keep the order in which they were added.
///
/// Reading and writing go through the functions below: the library's own are
/// templates that take seconds to compile, once in each room that calls them.
using Json = nlohmann::ordered_json;

/// Throws Json::exception, which says where the text is wrong.
Json parse_json(std::string_view text);

/// nullopt for what is no JSON.
std::optional<Json> try_parse_json(std::string_view text);

/// `indent` blanks a level; without it all is one line. Throws Json::exception for a
/// text that is not UTF-8.
std::string to_text(const Json& json, std::optional<int> indent = {}, char indent_by = ' ');

/// The same; U+FFFD stands for what is not UTF-8.
std::string to_printable_text(const Json& json, std::optional<int> indent = {},
                              char indent_by = ' ');

}  // namespace slipway
