#include "dockerfile/exec_form.hpp"

#include <cstddef>
#include <optional>
#include <utility>

#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_high_surrogate(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

std::optional<char32_t> hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return std::nullopt;
}

/// Reads JSON from the front of a text. Every function returns false or
/// nullopt on the first byte that is not JSON, and stays there.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }

  void skip_space() {
    const std::size_t end = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }

  bool next_is(char c) const { return rest_.starts_with(c); }

  bool eat(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<std::string> string() {
    if (!eat('"')) return std::nullopt;
    std::u32string runes;
    while (!rest_.empty() && !next_is('"')) {
      const auto rune = string_rune();
      if (!rune) return std::nullopt;
      runes.push_back(*rune);
    }
    if (!eat('"')) return std::nullopt;
    return encode(runes);
  }

  /// Any value, lists and objects in it included. No recursion: the text may
  /// nest as deeply as it likes.
  bool skip_value() {
    std::string open;  // the brackets around what is read now
    do {
      skip_space();
      if (open_bracket(open)) {
        if (open.back() == '}' && !skip_key()) return false;
        continue;
      }
      if (!skip_scalar()) return false;
      if (!close_brackets(open)) return false;
    } while (!open.empty());
    return true;
  }

 private:
  /// Enter a list or object that has a first member.
  bool open_bracket(std::string& open) {
    if (!next_is('[') && !next_is('{')) return false;
    JsonReader inside(rest_.substr(1));
    inside.skip_space();
    const char closing = next_is('[') ? ']' : '}';
    if (inside.next_is(closing)) return false;
    rest_ = inside.rest();
    open.push_back(closing);
    return true;
  }

  /// After a value: leave what ends here, up to the next member.
  bool close_brackets(std::string& open) {
    while (!open.empty()) {
      skip_space();
      if (eat(',')) {
        skip_space();
        return open.back() == ']' || skip_key();
      }
      if (!eat(open.back())) return false;
      open.pop_back();
    }
    return true;
  }

  bool skip_key() {
    if (!string()) return false;
    skip_space();
    return eat(':');
  }

  bool skip_scalar() {
    if (next_is('"')) return string().has_value();
    if (eat('[')) return skip_space(), eat(']');
    if (eat('{')) return skip_space(), eat('}');
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return true;
    }
    return skip_number();
  }

  bool skip_digits() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') rest_.remove_prefix(1);
    return rest_.size() < before;
  }

  bool skip_number() {
    eat('-');
    if (!eat('0') && !skip_digits()) return false;
    if (eat('.') && !skip_digits()) return false;
    if (!eat('e') && !eat('E')) return true;
    if (!eat('+')) eat('-');
    return skip_digits();
  }

  /// One character inside a string.
  std::optional<char32_t> string_rune() {
    if (eat('\\')) return escaped_rune();
    const Rune rune = decode_rune(rest_);
    if (rune.value < 0x20) return std::nullopt;
    rest_.remove_prefix(rune.length);
    return is_low_surrogate(rune.value) ? replacement : rune.value;
  }

  std::optional<char32_t> escaped_rune() {
    if (rest_.empty()) return std::nullopt;
    const char kind = rest_.front();
    rest_.remove_prefix(1);
    switch (kind) {
      case '"':
      case '\\':
      case '/':
        return static_cast<char32_t>(kind);
      case 'b':
        return U'\b';
      case 'f':
        return U'\f';
      case 'n':
        return U'\n';
      case 'r':
        return U'\r';
      case 't':
        return U'\t';
      case 'u':
        return unicode_escape();
      default:
        return std::nullopt;
    }
  }

  std::optional<char32_t> hex_unit() {
    if (rest_.size() < 4) return std::nullopt;
    char32_t unit = 0;
    for (int i = 0; i < 4; ++i) {
      const auto digit = hex_value(rest_[static_cast<std::size_t>(i)]);
      if (!digit) return std::nullopt;
      unit = unit * 16 + *digit;
    }
    rest_.remove_prefix(4);
    return unit;
  }

  std::optional<char32_t> unicode_escape() {
    const auto first = hex_unit();
    if (!first) return std::nullopt;
    if (is_low_surrogate(*first)) return replacement;
    if (!is_high_surrogate(*first)) return first;
    const std::string_view before = rest_;
    if (eat('\\') && eat('u')) {
      const auto second = hex_unit();
      if (second && is_low_surrogate(*second)) {
        return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
      }
    }
    rest_ = before;
    return replacement;
  }

  std::string_view rest_;
};

}  // namespace

ExecForm read_exec_form(std::string_view text) {
  JsonReader json(trim_space_left(text));
  if (!json.eat('[')) return {};
  ExecForm form{ExecForm::Kind::strings, {}};
  json.skip_space();
  if (!json.eat(']')) {
    do {
      json.skip_space();
      const std::string_view from = json.rest();
      if (json.next_is('"')) {
        auto value = json.string();
        if (!value) return {};
        const std::size_t length = from.size() - json.rest().size();
        form.elements.push_back({std::move(*value), from.substr(0, length)});
      } else {
        if (!json.skip_value()) return {};
        form.kind = ExecForm::Kind::not_strings;
      }
      json.skip_space();
    } while (json.eat(','));
    if (!json.eat(']')) return {};
  }
  json.skip_space();
  if (!json.rest().empty()) return {};
  return form;
}

}  // namespace slipway::dockerfile
