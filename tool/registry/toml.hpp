#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slipway {

/// A value of a TOML file; numbers and dates stay as they are written.
using TomlValue = std::variant<std::string, bool, std::vector<std::string>>;

/// One "[name]" or "[[name]]" and what stands below it; the first has no name.
struct TomlTable {
  std::string name = {};
  int line = 0;
  std::map<std::string, TomlValue> values = {};

  /// The value, or an empty one where there is none or one of another type.
  std::string text(const std::string& key) const;
  bool flag(const std::string& key) const;
};

/// The tables of a TOML document in their order: as much of the language (toml.io)
/// as containers' configuration uses: no inline tables, no multi-line strings, no
/// dotted keys. Throws Errc::input: "line 3: expected a value".
std::vector<TomlTable> parse_toml(std::string_view text);

}  // namespace slipway
