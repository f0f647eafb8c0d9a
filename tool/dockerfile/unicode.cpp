#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

constexpr char32_t invalid_byte = 0xDC00;

unsigned byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

/// The length that a first byte announces, or 0 for a byte that cannot be first.
std::size_t announced_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF5) return 4;
  return 0;
}

bool is_overlong_or_surrogate(char32_t value, std::size_t length) {
  if (length == 3) return value < 0x800 || (value >= 0xD800 && value < 0xE000);
  if (length == 4) return value < 0x10000 || value > 0x10FFFF;
  return false;
}

void append(std::string& text, char32_t rune) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune >= invalid_byte && rune <= invalid_byte + 0xFF) {
    put(rune - invalid_byte);
  } else if (rune < 0x800) {
    put(0xC0 | (rune >> 6));
    put(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    put(0xE0 | (rune >> 12));
    put(0x80 | ((rune >> 6) & 0x3F));
    put(0x80 | (rune & 0x3F));
  } else {
    put(0xF0 | (rune >> 18));
    put(0x80 | ((rune >> 12) & 0x3F));
    put(0x80 | ((rune >> 6) & 0x3F));
    put(0x80 | (rune & 0x3F));
  }
}

}  // namespace

Rune decode_rune(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return {first, 1};
  const Rune invalid{invalid_byte + first, 1};
  const std::size_t length = announced_length(first);
  if (length == 0 || length > text.size()) return invalid;
  char32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_at(text, i);
    if ((next & 0xC0U) != 0x80) return invalid;
    value = (value << 6) | (next & 0x3FU);
  }
  if (is_overlong_or_surrogate(value, length)) return invalid;
  return {value, length};
}

std::u32string decode(std::string_view text) {
  std::u32string runes;
  runes.reserve(text.size());
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    runes.push_back(rune.value);
    text.remove_prefix(rune.length);
  }
  return runes;
}

std::string encode(std::u32string_view runes) {
  std::string text;
  text.reserve(runes.size());
  for (const char32_t rune : runes) append(text, rune);
  return text;
}

bool is_space(char32_t rune) {
  if (rune < 0x80) return rune == ' ' || (rune >= '\t' && rune <= '\r');
  return rune == 0x85 || rune == 0xA0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200A) ||
         rune == 0x2028 || rune == 0x2029 || rune == 0x202F || rune == 0x205F || rune == 0x3000;
}

std::string_view trim_space_left(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (!is_space(rune.value)) break;
    text.remove_prefix(rune.length);
  }
  return text;
}

std::string_view trim_space(std::string_view text) {
  text = trim_space_left(text);
  std::size_t end = text.size();
  // Walk back rune by rune: continuation bytes belong to the byte before them.
  for (std::size_t start = end; start > 0;) {
    --start;
    if ((byte_at(text, start) & 0xC0U) == 0x80 && end - start < 4) continue;
    const Rune rune = decode_rune(text.substr(start, end - start));
    if (rune.length != end - start || !is_space(rune.value)) break;
    end = start;
  }
  return text.substr(0, end);
}

}  // namespace slipway::dockerfile
