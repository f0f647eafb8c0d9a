#include "dockerfile/csv.hpp"

#include <utility>

namespace slipway::dockerfile {
namespace {

/// The field at the front of `rest`, up to its comma or the end.
std::optional<std::string> take_field(std::string_view& rest) {
  std::string field;
  if (!rest.starts_with('"')) {
    field = rest.substr(0, rest.find(','));
    rest.remove_prefix(field.size());
    if (field.find('"') != std::string::npos) return std::nullopt;
    return field;
  }
  while (true) {
    rest.remove_prefix(1);  // the opening quote, or the second of a pair
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return std::nullopt;
    field += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    field += '"';
  }
  if (!rest.empty() && !rest.starts_with(',')) return std::nullopt;
  return field;
}

}  // namespace

std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    auto field = take_field(line);
    if (!field) return std::nullopt;
    fields.push_back(std::move(*field));
    if (line.empty()) return fields;
    line.remove_prefix(1);
  }
}

}  // namespace slipway::dockerfile
