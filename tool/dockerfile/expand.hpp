#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// The value of a variable; nullopt: unset.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Mistakes come back in `error`; nothing is thrown.
struct Expansion {
  std::string text = {};
  std::vector<std::string> unset = {};  ///< variables that had no value, each once
  std::optional<std::string> error = {};
};

/// Expand variables and remove quotes, as BuildKit's shell.Lex does. `escape`
/// protects the next character; nothing expands in single quotes.
///
///   $v  ${v}       the value, or nothing
///   ${v:-w} ${v-w} the word w where v is unset (with ":", or empty)
///   ${v:+w} ${v+w} w where v is set (with ":", and not empty), else nothing
///   ${v:?w} ${v?w} an error with the message w where v is unset (or empty)
///   ${v#p} ${v##p} the value without its shortest, longest beginning like p
///   ${v%p} ${v%%p} the same for its end
///   ${v/p/w} ${v//p/w}  the first, every part like p replaced by w
///
/// In patterns "*" stands for any text, "?" for one character (no newline).
Expansion expand_word(std::string_view word, const Lookup& lookup, char escape = '\\');

/// The same, and split at unquoted white space (shell.Lex.ProcessWords).
struct WordsExpansion {
  std::vector<std::string> words = {};
  std::vector<std::string> unset = {};
  std::optional<std::string> error = {};
};
WordsExpansion expand_words(std::string_view text, const Lookup& lookup, char escape = '\\');

/// The text of a heredoc of COPY or ADD: variables expand and the backslash
/// protects the next character, but quotes are like any other character.
Expansion expand_heredoc(std::string_view content, const Lookup& lookup);

/// The names of all variables that `word` mentions outside single quotes,
/// without expanding: what a plan must know to expand it later.
std::vector<std::string> mentioned_variables(std::string_view word, char escape = '\\');

/// The same for a heredoc's text, where quotes protect nothing.
std::vector<std::string> mentioned_in_heredoc(std::string_view content);

}  // namespace slipway::dockerfile
