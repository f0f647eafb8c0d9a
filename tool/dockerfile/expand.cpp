#include "dockerfile/expand.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "dockerfile/shell_lexer.hpp"

namespace slipway::dockerfile {
namespace {

/// Names in the order of their first mention, each once.
class NameList {
 public:
  void add(std::string_view name) {
    if (known_.emplace(name).second) names_.emplace_back(name);
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::set<std::string, std::less<>> known_;
  std::vector<std::string> names_;
};

/// What shell_lex() made of a text, or why it could not.
struct Outcome {
  ShellText text = {};
  std::vector<std::string> unset = {};
  std::optional<std::string> error = {};
};

Outcome lex(std::string_view source, const ShellLexing& how, const Lookup& lookup) {
  NameList unset;
  const Lookup noting = [&](std::string_view name) {
    auto value = lookup(name);
    if (!value) unset.add(name);
    return value;
  };
  Outcome outcome;
  try {
    outcome.text = shell_lex(source, how, noting);
  } catch (const Error& error) {
    outcome.error = error.what();
  }
  outcome.unset = unset.take();
  return outcome;
}

Expansion expand(std::string_view source, const ShellLexing& how, const Lookup& lookup) {
  Outcome outcome = lex(source, how, lookup);
  return {std::move(outcome.text.text), std::move(outcome.unset), std::move(outcome.error)};
}

}  // namespace

Expansion expand_word(std::string_view word, const Lookup& lookup, char escape) {
  return expand(word, {.escape = escape}, lookup);
}

WordsExpansion expand_words(std::string_view text, const Lookup& lookup, char escape) {
  Outcome outcome = lex(text, {.escape = escape, .split = true}, lookup);
  return {std::move(outcome.text.words), std::move(outcome.unset), std::move(outcome.error)};
}

Expansion expand_heredoc(std::string_view content, const Lookup& lookup) {
  return expand(content, {.plain_quotes = true}, lookup);
}

namespace {

std::vector<std::string> mentioned(std::string_view word, const ShellLexing& how) {
  if (word.find('$') == std::string_view::npos) return {};  // heredocs can be long
  NameList names;
  // Any value will do, so long as no ${v:?...} takes it for missing.
  lex(word, how, [&](std::string_view name) {
    names.add(name);
    return std::optional<std::string>("x");
  });
  return names.take();
}

}  // namespace

std::vector<std::string> mentioned_variables(std::string_view word, char escape) {
  return mentioned(word, {.escape = escape});
}

std::vector<std::string> mentioned_in_heredoc(std::string_view content) {
  return mentioned(content, {.plain_quotes = true});
}

}  // namespace slipway::dockerfile
