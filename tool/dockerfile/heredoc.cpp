#include "dockerfile/heredoc.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/exec_form.hpp"
#include "dockerfile/shell_lexer.hpp"

namespace slipway::dockerfile {
namespace {

/// The words of a text, variables as written; none where its quotes do not close.
std::vector<std::string> words_as_written(std::string_view text, bool keep_quotes,
                                          bool keep_escapes) {
  const ShellLexing how{
      .keep_quotes = keep_quotes, .keep_escapes = keep_escapes, .keep_unset = true, .split = true};
  try {
    return shell_lex(text, how, [](std::string_view) { return std::nullopt; }).words;
  } catch (const Error&) {
    return {};
  }
}

std::ptrdiff_t count_quotes(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return c == '\'' || c == '"'; });
}

int file_descriptor(std::string_view digits) {
  constexpr int largest = std::numeric_limits<int>::max();
  if (digits.empty()) return 0;
  return static_cast<int>(std::min<std::int64_t>(parse_integer(digits).value_or(largest), largest));
}

bool may_announce(std::string_view keyword, std::string_view arguments) {
  if (keyword != "ADD" && keyword != "COPY" && keyword != "RUN") return false;
  return read_exec_form(arguments).kind == ExecForm::Kind::shell;
}

}  // namespace

std::optional<Heredoc> heredoc_of_word(std::string_view word) {
  Heredoc heredoc;
  const std::size_t digits = word.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  heredoc.fd = file_descriptor(word.substr(0, digits));
  word.remove_prefix(digits);
  if (!word.starts_with("<<")) return std::nullopt;
  word.remove_prefix(2);
  heredoc.chomp = word.starts_with('-');
  if (heredoc.chomp) word.remove_prefix(1);
  if (word.find('<') != std::string_view::npos) return std::nullopt;

  const auto names = words_as_written(word, false, false);
  if (names.size() != 1) return std::nullopt;
  const auto quoted = words_as_written(word, true, false);
  if (quoted.size() != 1) return std::nullopt;
  heredoc.name = names.front();
  heredoc.expand = count_quotes(quoted.front()) == count_quotes(heredoc.name);
  return heredoc;
}

std::vector<Heredoc> announced_heredocs(const Statement& statement) {
  if (statement.code.find("<<") == std::string_view::npos) return {};
  Statement inner = statement;
  if (statement.keyword == "ONBUILD") {
    inner = split_statement(*statement.line, statement.arguments, statement.escape);
  }
  if (!may_announce(inner.keyword, inner.arguments)) return {};

  std::vector<Heredoc> heredocs;
  std::size_t from = 0;
  for (const auto& word : words_as_written(statement.code, true, true)) {
    auto heredoc = heredoc_of_word(word);
    if (!heredoc) continue;
    const std::size_t at = std::min(statement.code.find(word, from), statement.code.size());
    heredoc->span = statement.line->span_of(statement.code.substr(at, word.size()));
    from = std::min(at + word.size(), statement.code.size());
    heredocs.push_back(std::move(*heredoc));
  }
  return heredocs;
}

std::string without_leading_tabs(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of('\t'), text.size()));
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t length = std::min(line.size() + 1, text.size());
    result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace slipway::dockerfile
