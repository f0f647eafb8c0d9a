#include "dockerfile/shell_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {

/// The places in a pattern that have been reached, all at once.
class ShellPattern::States {
 public:
  explicit States(const Tokens& tokens) : tokens_(tokens), reached_(tokens.size() + 1) {}

  void start() { reach(0); }
  bool accepts() const { return reached_.back(); }
  bool none() const { return std::find(reached_.begin(), reached_.end(), true) == reached_.end(); }

  void step(char32_t rune) {
    std::vector<bool> before(reached_.size());
    before.swap(reached_);
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!before[i]) continue;
      const Token& token = tokens_[i];
      if (token.kind == Token::Kind::rune ? token.rune != rune : rune == U'\n') continue;
      reach(token.kind == Token::Kind::star ? i : i + 1);
    }
  }

 private:
  /// A star may match nothing, so the place behind it is reached with it.
  void reach(std::size_t place) {
    reached_[place] = true;
    while (place < tokens_.size() && tokens_[place].kind == Token::Kind::star) {
      reached_[++place] = true;
    }
  }

  const Tokens& tokens_;
  std::vector<bool> reached_;
};

ShellPattern ShellPattern::parse(std::string_view pattern) {
  const std::u32string runes = decode(pattern);
  ShellPattern result;
  for (std::size_t i = 0; i < runes.size(); ++i) {
    Token token{Token::Kind::rune, runes[i]};
    if (runes[i] == U'*') {
      token.kind = Token::Kind::star;
    } else if (runes[i] == U'?') {
      token.kind = Token::Kind::any;
    } else if (runes[i] == U'\\') {
      if (++i == runes.size()) {
        throw Error(Errc::input,
                    fmt::format("invalid pattern '{}' in substitution: it ends in '\\'", pattern));
      }
      token.rune = runes[i];
      if (std::u32string_view(U"*?\\/}").find(token.rune) == std::u32string_view::npos) {
        throw Error(Errc::input, fmt::format("invalid pattern '{}' in substitution: invalid escape '\\{}'",
                                             pattern, encode({&token.rune, 1})));
      }
    }
    result.tokens_.push_back(token);
  }
  return result;
}

std::optional<std::size_t> ShellPattern::match(const Tokens& tokens, std::u32string_view text,
                                               Length length) {
  States states(tokens);
  states.start();
  std::optional<std::size_t> end;
  for (std::size_t at = 0;; ++at) {
    if (states.accepts()) end = at;
    if (end && length == Length::shortest) break;
    if (at == text.size() || states.none()) break;
    states.step(text[at]);
  }
  return end;
}

ShellPattern::Tokens ShellPattern::reversed(Tokens tokens) {
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

std::string ShellPattern::trim_prefix(std::string_view value, Length length) const {
  const std::u32string text = decode(value);
  const auto end = match(tokens_, text, length);
  return end ? encode(std::u32string_view(text).substr(*end)) : std::string(value);
}

std::string ShellPattern::trim_suffix(std::string_view value, Length length) const {
  std::u32string text = decode(value);
  std::reverse(text.begin(), text.end());
  const auto end = match(reversed(tokens_), text, length);
  if (!end) return std::string(value);
  text.erase(0, *end);
  std::reverse(text.begin(), text.end());
  return encode(text);
}

/// For each place of the text whether a match begins there: one walk from the
/// end to the front with the pattern reversed.
std::vector<bool> ShellPattern::match_starts(std::u32string_view text) const {
  const Tokens backward = reversed(tokens_);
  States states(backward);
  std::vector<bool> starts(text.size() + 1);
  for (std::size_t at = text.size();; --at) {
    states.start();
    starts[at] = states.accepts();
    if (at == 0) return starts;
    states.step(text[at - 1]);
  }
}

std::string ShellPattern::replace(std::string_view value, std::string_view replacement,
                                  Count count) const {
  const std::u32string text = decode(value);
  const std::vector<bool> starts = match_starts(text);
  std::u32string result;
  std::size_t at = 0;
  std::optional<std::size_t> last_end;
  const std::u32string with = decode(replacement);
  while (at <= text.size()) {
    const std::u32string_view rest = std::u32string_view(text).substr(at);
    const std::size_t length = starts[at] ? *match(tokens_, rest, Length::longest) : 0;
    // An empty match right behind a match is none.
    const bool replaced = starts[at] && (length > 0 || last_end != at);
    if (replaced) {
      result += with;
      last_end = at + length;
    }
    if (replaced && count == Count::first) return encode(result.append(rest.substr(length)));
    if (length == 0 && at < text.size()) result.push_back(text[at]);
    at += std::max<std::size_t>(length, 1);
  }
  return encode(result);
}

}  // namespace slipway::dockerfile
