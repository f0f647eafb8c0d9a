#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// The value of a variable; nullopt: unset.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Thrown nowhere: mistakes come back in `error` (BuildKit's shell.Lex words).
struct Expansion {
  std::string text = {};
  std::vector<std::string> unset = {};  ///< variables that had no value
  std::optional<std::string> error = {};
};

/// Expand variables and remove quotes, as shell.Lex.ProcessWord does: $v ${v}
/// :- - :+ + :? ? # ## % %% / //; single quotes keep, the escape character
/// protects the next one.
Expansion expand_word(std::string_view word, const Lookup& lookup, char escape = '\\');

/// The same, and split at unquoted white space (shell.Lex.ProcessWords).
struct WordsExpansion {
  std::vector<std::string> words = {};
  std::vector<std::string> unset = {};
  std::optional<std::string> error = {};
};
WordsExpansion expand_words(std::string_view text, const Lookup& lookup, char escape = '\\');

/// The names of all variables that `word` mentions outside single quotes,
/// without expanding: what a plan must know to expand it later.
std::vector<std::string> mentioned_variables(std::string_view word, char escape = '\\');

}  // namespace slipway::dockerfile
