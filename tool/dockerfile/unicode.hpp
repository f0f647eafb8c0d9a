#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::dockerfile {

/// One character of a UTF-8 text. A byte that is not valid UTF-8 is a rune of
/// its own (0xDC00 + byte), so that texts survive decoding and encoding.
struct Rune {
  char32_t value = 0;
  std::size_t length = 1;  ///< in bytes
};

/// The first rune of a text that is not empty.
Rune decode_rune(std::string_view text);

/// The runes of a text, and back.
std::u32string decode(std::string_view text);
std::string encode(std::u32string_view runes);

/// White space, letters and decimal digits as Unicode (and so BuildKit) has them.
bool is_space(char32_t rune);
bool is_letter(char32_t rune);
bool is_digit(char32_t rune);

/// White space between words of an instruction: no newline, ASCII only.
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

/// `text` without white space in front, or at both ends.
std::string_view trim_space_left(std::string_view text);
std::string_view trim_space(std::string_view text);

}  // namespace slipway::dockerfile
