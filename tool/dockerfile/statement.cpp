#include "dockerfile/statement.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

/// What part of the flags is read next.
struct FlagCursor {
  std::string_view rest;
  char escape;

  /// The next word with quotes and escapes removed; unlike in shells, an escape
  /// character protects any character, inside quotes of both kinds too.
  std::string word() {
    std::string value;
    char quote = '\0';
    while (!rest.empty()) {
      char c = rest.front();
      if (quote == '\0' && (is_blank(c) || c == '\n')) break;
      rest.remove_prefix(1);
      if (quote == '\0' && (c == '\'' || c == '"')) {
        quote = c;
        continue;
      }
      if (quote != '\0' && c == quote) {
        quote = '\0';
        continue;
      }
      if (c == escape) {
        if (rest.empty()) break;
        c = rest.front();
        rest.remove_prefix(1);
      }
      value.push_back(c);
    }
    return value;
  }
};

Flag make_flag(std::string word, std::string_view written) {
  Flag flag;
  flag.written = written;
  const std::size_t equals = word.find('=');
  if (equals != std::string::npos) {
    flag.value = word.substr(equals + 1);
    const std::size_t written_equals = written.find('=');
    flag.written_value = written.substr(std::min(written_equals, written.size() - 1) + 1);
    word.resize(equals);
  }
  flag.name = word.substr(std::min<std::size_t>(2, word.size()));
  return flag;
}

/// Takes the flags off the front of the arguments; "--" ends them.
std::vector<Flag> take_flags(std::string_view& arguments, char escape) {
  std::vector<Flag> flags;
  FlagCursor cursor{trim_space_left(arguments), escape};
  while (cursor.rest.starts_with("--")) {
    const std::string_view before = cursor.rest;
    std::string word = cursor.word();
    const std::string_view written = before.substr(0, before.size() - cursor.rest.size());
    cursor.rest = trim_space_left(cursor.rest);
    if (word == "--") break;
    flags.push_back(make_flag(std::move(word), written));
  }
  arguments = cursor.rest;
  return flags;
}

}  // namespace

Statement split_statement(const LogicalLine& line, std::string_view code, char escape) {
  Statement statement;
  statement.line = &line;
  statement.escape = escape;
  statement.code = trim_space(code);
  const auto [keyword, rest] = split_head(statement.code);
  statement.written = keyword;
  statement.keyword = to_upper(keyword);
  statement.arguments = rest.value_or(statement.code.substr(statement.code.size()));
  statement.flags = take_flags(statement.arguments, escape);
  statement.arguments = trim_space(statement.arguments);
  return statement;
}

std::vector<std::string_view> split_words(std::string_view text, char escape) {
  std::vector<std::string_view> words;
  while (!(text = trim_space_left(text)).empty()) {
    std::size_t at = 0;
    std::size_t end = std::string_view::npos;  // where a lone escape at the very end is cut off
    char quote = '\0';
    while (at < text.size()) {
      const char c = text[at];
      if (c == escape && quote != '\'') {
        if (at + 1 == text.size()) end = at;
        at += at + 1 < text.size() ? 1 + decode_rune(text.substr(at + 1)).length : 1;
        continue;
      }
      const Rune rune = decode_rune(text.substr(at));
      if (quote == '\0' && is_space(rune.value)) break;
      if (quote == '\0' && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == quote) {
        quote = '\0';
      }
      at += rune.length;
    }
    const std::string_view word = text.substr(0, std::min(at, end));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(at);
  }
  return words;
}

std::vector<std::string_view> split_blanks(std::string_view text) {
  std::vector<std::string_view> words;
  std::optional<std::string_view> rest = text;
  while (rest && !rest->empty()) {
    const auto [head, tail] = split_head(*rest);
    words.push_back(head);
    rest = tail;
  }
  return words;
}

HeadAndTail split_head(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), is_blank);
  const auto next = std::find_if_not(end, text.end(), is_blank);
  HeadAndTail parts{text.substr(0, static_cast<std::size_t>(end - text.begin())), std::nullopt};
  if (end != text.end()) parts.tail = text.substr(static_cast<std::size_t>(next - text.begin()));
  return parts;
}

}  // namespace slipway::dockerfile
