#include "build/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/csv.hpp"

namespace slipway {

Attributes::Attributes(std::string_view flag, std::string_view text,
                       const std::vector<std::string>& known)
    : flag_(flag), text_(text) {
  const auto fields = dockerfile::csv_fields(text);
  if (!fields) refuse("a quote is open");
  for (const auto& field : *fields) {
    const auto equals = field.find('=');
    const auto key = to_lower(trim(field.substr(0, equals)));
    if (std::ranges::find(known, key) == known.end()) {
      refuse(fmt::format("unknown attribute '{}'", printable(key)), did_you_mean(key, known));
    }
    if (equals == std::string::npos) refuse(fmt::format("'{}' has no value", printable(key)));
    values_[key] = field.substr(equals + 1);
  }
}

std::string Attributes::get(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string() : found->second;
}

bool Attributes::flag(const std::string& key, bool otherwise) const {
  const auto value = to_lower(get(key));
  if (value.empty()) return otherwise;
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  refuse(fmt::format("{} is neither true nor false", key));
}

void Attributes::refuse(std::string_view why, std::string hint) const {
  throw Error(Errc::usage, fmt::format("{} '{}': {}", flag_, printable(text_), why))
      .with_hint(std::move(hint));
}

}  // namespace slipway
