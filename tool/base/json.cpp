#include "base/json.hpp"

namespace slipway {

Json parse_json(std::string_view text) { return Json::parse(text); }

std::optional<Json> try_parse_json(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? std::nullopt : std::optional(std::move(json));
}

std::string to_text(const Json& json, std::optional<int> indent, char indent_by) {
  return json.dump(indent.value_or(-1), indent_by);
}

std::string to_printable_text(const Json& json, std::optional<int> indent, char indent_by) {
  return json.dump(indent.value_or(-1), indent_by, false, Json::error_handler_t::replace);
}

}  // namespace slipway
