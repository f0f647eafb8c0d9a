#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Writes JSON (RFC 8259) as it is told, one blank an indent: as fast as text
/// can be copied, and with no second copy of it in memory.
///
///   JsonWriter json;
///   json.object([&] {
///     json.member("name", name);
///     json.key("list").array([&] { for (...) json.value(...); });
///   });
class JsonWriter {
 public:
  /// `body` writes members.
  template <typename Body>
  void object(Body&& body) {
    open('{');
    body();
    close('}');
  }

  /// `body` writes values.
  template <typename Body>
  void array(Body&& body) {
    open('[');
    body();
    close(']');
  }

  /// The name of the member whose value comes next.
  JsonWriter& key(std::string_view name);

  /// Throws Errc::input for a text that is not valid UTF-8.
  void value(std::string_view text);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::same_as<bool> auto flag) { literal(flag ? "true" : "false"); }
  void value(std::int64_t number) { literal(std::to_string(number)); }
  void value(std::uint64_t number) { literal(std::to_string(number)); }
  void value(int number) { value(std::int64_t{number}); }
  void value(const std::vector<std::string>& list);
  void value(const std::map<std::string, std::string>& members);

  template <typename Value>
  void member(std::string_view name, const Value& its) {
    key(name).value(its);
  }

  std::string take() && { return std::move(text_); }

 private:
  void open(char bracket);
  void close(char bracket);
  /// What stands before a key, or before a value in a list.
  void separate();
  void literal(std::string_view text);
  void quote(std::string_view text);

  std::string text_ = {};
  std::size_t depth_ = 0;
  bool is_first_ = true;   ///< nothing stands in the innermost bracket yet
  bool after_key_ = true;  ///< the value goes where we are; at the start, too
};

}  // namespace slipway
