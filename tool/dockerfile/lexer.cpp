#include "dockerfile/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// BuildKit's scanner refuses longer ones, so such a file would build nowhere else.
constexpr std::size_t longest_line = 65535;

std::string_view without_line_end(std::string_view line) {
  const std::size_t last = line.find_last_not_of("\r\n");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool is_comment(std::string_view line) { return trim_space_left(line).starts_with('#'); }

/// A directive within a line, as views.
struct DirectiveText {
  std::string_view name;
  std::string_view value;
};

std::optional<DirectiveText> find_directive(std::string_view line) {
  if (!line.starts_with('#')) return std::nullopt;
  line = trim_space_left(line.substr(1));
  const std::size_t name_size = std::min(line.find_first_of(" \t\f\r="), line.size());
  const std::string_view name = line.substr(0, name_size);
  const std::string_view rest = trim(line.substr(name.size()));
  if (!rest.starts_with('=')) return std::nullopt;
  const std::string_view value = trim(rest.substr(1));
  if (value.empty()) return std::nullopt;
  const std::string lower = to_lower(name);
  if (lower != "syntax" && lower != "escape" && lower != "check") return std::nullopt;
  return DirectiveText{name, value};
}

}  // namespace

Span LogicalLine::span_of(std::string_view part) const {
  const auto begin = static_cast<std::size_t>(part.data() - text.data());
  auto next = std::upper_bound(pieces.begin() + 1, pieces.end(), begin,
                               [](std::size_t at, const Piece& piece) { return at < piece.begin; });
  const Piece& piece = *(next - 1);
  const std::size_t end = next == pieces.end() ? text.size() : next->begin;
  const std::size_t length = std::min(part.size(), end - begin);
  return {piece.line, piece.column + static_cast<int>(begin - piece.begin),
          std::max(1, static_cast<int>(length))};
}

Lexer::Lexer(std::string_view source, int first_line, char escape, Scope scope,
             Diagnostics& diagnostics)
    : source_(source),
      diagnostics_(diagnostics),
      line_(first_line - 1),
      escape_(escape),
      directives_allowed_(scope == Scope::file) {
  if (scope == Scope::file && source.starts_with(byte_order_mark)) {
    position_ = byte_order_mark.size();
  }
}

std::optional<Lexer::PhysicalLine> Lexer::read_line() {
  if (position_ >= source_.size()) return std::nullopt;
  ++line_;
  const std::size_t begin = position_;
  const std::size_t newline = std::min(source_.find('\n', begin), source_.size());
  position_ = std::min(newline + 1, source_.size());
  const bool behind_mark = begin == byte_order_mark.size() && line_ == 1 && directives_allowed_;
  if (newline - begin > longest_line) {
    diagnostics_.error({line_, 1, 1}, fmt::format("the line is longer than {} bytes", longest_line),
                       "split it with continuations");
  }
  return PhysicalLine{source_.substr(begin, position_ - begin), begin,
                      behind_mark ? static_cast<int>(begin) + 1 : 1};
}

std::optional<LogicalLine> Lexer::next() {
  while (auto line = read_line()) {
    const std::string_view whole = without_line_end(line->text);
    const std::string_view text = trim_space_left(whole);
    line->column += static_cast<int>(whole.size() - text.size());
    line->text = text;
    if (is_comment(text)) {
      if (!read_directive(*line)) remember_comment(text);
      continue;
    }
    directives_allowed_ = false;
    if (text.empty()) continue;
    LogicalLine logical;
    logical.source_begin = line->begin;
    logical.comments = std::exchange(comments_, {});
    if (append_piece(logical, *line)) continue_line(logical);
    return logical;
  }
  return std::nullopt;
}

bool Lexer::read_directive(const PhysicalLine& line) {
  if (!directives_allowed_) return false;
  const auto found = find_directive(line.text);
  if (!found) {
    directives_allowed_ = false;
    return false;
  }
  const auto offset = static_cast<int>(found->value.data() - line.text.data());
  Directive directive{to_lower(found->name),
                      std::string(found->value),
                      {line_, line.column + offset, static_cast<int>(found->value.size())}};
  const bool repeated = std::any_of(directives_.begin(), directives_.end(),
                                    [&](const Directive& d) { return d.name == directive.name; });
  if (repeated) {
    diagnostics_.error(directive.span,
                       fmt::format("the parser directive '{}' is given twice", directive.name));
  } else if (directive.name == "escape") {
    set_escape(directive);
  }
  directives_.push_back(std::move(directive));
  return true;
}

void Lexer::set_escape(const Directive& directive) {
  if (directive.value == "\\" || directive.value == "`") {
    escape_ = directive.value.front();
    return;
  }
  diagnostics_.error(directive.span,
                     fmt::format("invalid escape character '{}'", printable(directive.value)),
                     "it is either \\ or `");
}

/// An empty comment line parts what stands above it from the instruction.
void Lexer::remember_comment(std::string_view line) {
  const std::string_view comment = trim_space(line.substr(1));
  if (comment.empty()) {
    comments_.clear();
  } else {
    comments_.emplace_back(comment);
  }
}

/// The line without the escape character that continues it; nullopt if none does.
std::optional<std::string_view> Lexer::continued_part(std::string_view line) const {
  const std::size_t last = line.find_last_not_of(" \t");
  if (last == std::string_view::npos || line[last] != escape_) return std::nullopt;
  if (last > 0 && line[last - 1] == escape_) return std::nullopt;
  return line.substr(0, last);
}

/// True when the next physical line belongs to it too.
bool Lexer::append_piece(LogicalLine& logical, const PhysicalLine& line) {
  const auto continued = continued_part(line.text);
  logical.pieces.push_back({logical.text.size(), line_, line.column});
  logical.text += continued.value_or(line.text);
  return continued.has_value();
}

void Lexer::continue_line(LogicalLine& logical) {
  int empty_line = 0;
  while (auto line = read_line()) {
    line->text = without_line_end(line->text);
    if (is_comment(line->text)) continue;
    if (trim_space_left(line->text).empty()) {
      if (empty_line == 0) empty_line = line_;
      continue;
    }
    if (!append_piece(logical, *line)) break;
  }
  if (empty_line == 0) return;
  // Docker's build check names the instruction's last line.
  diagnostics_.warning({line_, 1, 1}, "Empty continuation line", "NoEmptyContinuation",
                       fmt::format("remove line {}, or make it a comment", empty_line));
}

std::optional<std::string_view> Lexer::read_heredoc(const Heredoc& heredoc) {
  const std::size_t begin = position_;
  while (const auto line = read_line()) {
    std::string_view text = without_line_end(line->text);
    if (heredoc.chomp) text.remove_prefix(std::min(text.find_first_not_of('\t'), text.size()));
    if (text == heredoc.name) return source_.substr(begin, line->begin - begin);
  }
  return std::nullopt;
}

std::string_view Lexer::source_since(std::size_t begin) const {
  return without_line_end(source_.substr(begin, position_ - begin));
}

std::vector<Directive> read_directives(std::string_view source) {
  if (source.starts_with(byte_order_mark)) source.remove_prefix(byte_order_mark.size());
  std::vector<Directive> directives;
  for (int line = 1; !source.empty(); ++line) {
    const std::string_view text = source.substr(0, source.find('\n'));
    source.remove_prefix(std::min(text.size() + 1, source.size()));
    if (line == 1 && text.starts_with("#!")) continue;
    const auto found = find_directive(text);
    if (!found) break;
    const auto column = static_cast<int>(found->value.data() - text.data()) + 1;
    directives.push_back({to_lower(found->name),
                          std::string(found->value),
                          {line, column, static_cast<int>(found->value.size())}});
  }
  return directives;
}

}  // namespace slipway::dockerfile
