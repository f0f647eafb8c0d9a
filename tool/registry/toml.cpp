#include "registry/toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

/// Reads a document from its front.
class TomlReader {
 public:
  explicit TomlReader(std::string_view rest) : rest_(rest) {}

  std::vector<TomlTable> read() {
    std::vector<TomlTable> tables(1);
    for (skip_blank(); !rest_.empty(); skip_blank()) {
      if (rest_.front() == '[') {
        tables.push_back(read_header());
      } else {
        auto key = read_key();
        expect('=');
        tables.back().values.insert_or_assign(std::move(key), read_value());
      }
      end_line();
    }
    return tables;
  }

 private:
  TomlTable read_header() {
    const bool is_array = rest_.starts_with("[[");
    const auto end = std::min(rest_.find(']'), rest_.size());
    const auto begin = std::size_t{is_array ? 2u : 1u};
    TomlTable table;
    table.line = line_;
    table.name = trim(rest_.substr(std::min(begin, end), end - std::min(begin, end)));
    rest_.remove_prefix(end);
    const std::string_view close = is_array ? "]]" : "]";
    if (!rest_.starts_with(close) || table.name.empty()) refuse_toml("expected a table's name");
    rest_.remove_prefix(close.size());
    return table;
  }

  std::string read_key() {
    if (rest_.front() == '"' || rest_.front() == '\'') return read_string();
    return read_bare("expected a key");
  }

  TomlValue read_value() {
    skip_spaces();
    if (rest_.empty()) refuse_toml("expected a value");
    if (rest_.front() == '"' || rest_.front() == '\'') return read_string();
    if (rest_.front() == '[') return read_array();
    if (rest_.front() == '{') refuse_toml("inline tables are not supported");
    const auto word = read_bare("expected a value");
    if (word == "true" || word == "false") return word == "true";
    return word;
  }

  std::vector<std::string> read_array() {
    std::vector<std::string> values;
    rest_.remove_prefix(1);
    for (skip_blank(); !rest_.starts_with(']'); skip_blank()) {
      if (rest_.empty()) refuse_toml("expected ']'");
      const auto value = read_value();
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr) refuse_toml("expected a string");
      values.push_back(*text);
      skip_blank();
      if (rest_.starts_with(',')) rest_.remove_prefix(1);
    }
    rest_.remove_prefix(1);
    return values;
  }

  std::string read_string() {
    const char quote = rest_.front();
    std::string text;
    for (rest_.remove_prefix(1); !rest_.empty() && rest_.front() != quote && rest_.front() != '\n';
         rest_.remove_prefix(1)) {
      if (quote == '"' && rest_.front() == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(1);
        text += unescaped(rest_.front());
      } else {
        text += rest_.front();
      }
    }
    if (!rest_.starts_with(quote)) refuse_toml("a quote is open");
    rest_.remove_prefix(1);
    return text;
  }

  char unescaped(char c) {
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    if (c != '"' && c != '\\') refuse_toml("unknown escape");
    return c;
  }

  std::string read_bare(std::string_view otherwise) {
    const auto end = std::min(rest_.find_first_of(" \t\r\n=,]#[{}\"'"), rest_.size());
    if (end == 0) refuse_toml(otherwise);
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  void expect(char c) {
    skip_spaces();
    if (!rest_.starts_with(c)) refuse_toml(fmt::format("expected '{}'", c));
    rest_.remove_prefix(1);
  }

  void end_line() {
    skip_spaces();
    if (!rest_.empty() && rest_.front() != '\n' && rest_.front() != '#')
      refuse_toml("expected the end of the line");
  }

  void skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size()));
  }

  /// Spaces, comments and ends of lines.
  void skip_blank() {
    for (skip_spaces(); !rest_.empty() && (rest_.front() == '\n' || rest_.front() == '#');
         skip_spaces()) {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      if (rest_.empty()) return;
      rest_.remove_prefix(1);
      ++line_;
    }
  }

  [[noreturn]] void refuse_toml(std::string_view why) const {
    throw Error(Errc::input, fmt::format("line {}: {}", line_, why));
  }

  std::string_view rest_;
  int line_ = 1;
};

}  // namespace

std::string TomlTable::text(const std::string& key) const {
  const auto found = values.find(key);
  const auto* value = found == values.end() ? nullptr : std::get_if<std::string>(&found->second);
  return value == nullptr ? std::string() : *value;
}

bool TomlTable::flag(const std::string& key) const {
  const auto found = values.find(key);
  const auto* value = found == values.end() ? nullptr : std::get_if<bool>(&found->second);
  return value != nullptr && *value;
}

std::vector<TomlTable> parse_toml(std::string_view text) { return TomlReader(text).read(); }

}  // namespace slipway
