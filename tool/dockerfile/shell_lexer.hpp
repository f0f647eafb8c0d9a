#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/expand.hpp"

namespace slipway::dockerfile {

/// How shell_lex() treats a text.
struct ShellLexing {
  char escape = '\\';
  bool keep_quotes = false;   ///< quotes stay in the result
  bool keep_escapes = false;  ///< escape characters stay in the result
  bool plain_quotes = false;  ///< quotes are like any other character
  bool keep_unset = false;    ///< a variable without a value stays as written
  bool split = false;         ///< make words, parted by white space outside quotes
};

struct ShellText {
  std::string text = {};
  std::vector<std::string> words = {};  ///< with ShellLexing::split
};

/// The one reader of quotes, escapes and variables. Throws Errc::input.
ShellText shell_lex(std::string_view source, const ShellLexing& how, const Lookup& lookup);

}  // namespace slipway::dockerfile
