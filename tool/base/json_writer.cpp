#include "base/json_writer.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

/// Does it stand for itself in a string?
bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

std::string escape_of(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  text_ += ": ";
  after_key_ = true;
  return *this;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quote(text);
}

void JsonWriter::value(const std::vector<std::string>& list) {
  array([&] {
    for (const auto& text : list) value(text);
  });
}

void JsonWriter::value(const std::map<std::string, std::string>& members) {
  object([&] {
    for (const auto& [name, text] : members) member(name, text);
  });
}

void JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  ++depth_;
  is_first_ = true;
}

void JsonWriter::close(char bracket) {
  --depth_;
  if (!is_first_) text_.append(1, '\n').append(depth_, ' ');
  text_ += bracket;
  is_first_ = false;
}

void JsonWriter::separate() {
  if (!after_key_) {
    if (!is_first_) text_ += ',';
    text_.append(1, '\n').append(depth_, ' ');
  }
  after_key_ = false;
  is_first_ = false;
}

void JsonWriter::literal(std::string_view text) {
  separate();
  text_ += text;
}

void JsonWriter::quote(std::string_view text) {
  text_ += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    const auto begin = at;
    while (at < text.size() && is_plain(text[at])) ++at;
    text_ += text.substr(begin, at - begin);
    if (at == text.size()) break;
    const auto length = utf8_length(text.substr(at, 4));
    if (length == 0)
      throw Error(Errc::input,
                  fmt::format("'{}' is not valid UTF-8", printable(text.substr(begin), 40)));
    text_ += length > 1 ? std::string(text.substr(at, length)) : escape_of(text[at]);
    at += length;
  }
  text_ += '"';
}

}  // namespace slipway
