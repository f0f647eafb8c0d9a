#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// Reads a header's value from its front: tokens, parameters and quoted strings of
/// RFC 9110, section 5.6.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view rest) : rest_(rest) {}

  /// Passes the commas between the elements of a list.
  bool at_end();

  std::string token();

  /// "=" and a value, quoted or not; false where there is none.
  bool value(std::string& out);

  /// What "<" and ">" enclose; nullopt where there is no such thing.
  std::optional<std::string> enclosed();

  /// Passes the ";" before a parameter; false where there is none.
  bool next_parameter();

 private:
  void skip(std::string_view characters);

  std::string_view rest_;
};

}  // namespace slipway
