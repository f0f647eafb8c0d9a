#include "dockerfile/shell_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {

namespace {

using Length = ShellPattern::Length;

/// The end of a match at the beginning of `text`; nullopt where there is none.
std::optional<std::size_t> match(const Glob& glob, std::u32string_view text, Length length) {
  GlobWalk walk(glob);
  walk.start();
  std::optional<std::size_t> end;
  for (std::size_t at = 0;; ++at) {
    if (walk.accepts()) end = at;
    if (end && length == Length::shortest) break;
    if (at == text.size() || walk.is_dead()) break;
    walk.step(text[at]);
  }
  return end;
}

Glob reversed(Glob glob) {
  std::reverse(glob.tokens.begin(), glob.tokens.end());
  return glob;
}

/// For each place of the text whether a match begins there: one walk from the
/// end to the front with the pattern reversed.
std::vector<bool> match_starts(const Glob& glob, std::u32string_view text) {
  const Glob backward = reversed(glob);
  GlobWalk walk(backward);
  std::vector<bool> starts(text.size() + 1);
  for (std::size_t at = text.size();; --at) {
    walk.start();
    starts[at] = walk.accepts();
    if (at == 0) return starts;
    walk.step(text[at - 1]);
  }
}

}  // namespace

ShellPattern ShellPattern::parse(std::string_view pattern) {
  const std::u32string runes = decode(pattern);
  ShellPattern result;
  result.glob_.fence = U'\n';
  for (std::size_t i = 0; i < runes.size(); ++i) {
    GlobToken token{GlobToken::Kind::rune, runes[i], false, {}};
    if (runes[i] == U'*') {
      token.kind = GlobToken::Kind::star;
    } else if (runes[i] == U'?') {
      token.kind = GlobToken::Kind::any;
    } else if (runes[i] == U'\\') {
      if (++i == runes.size()) {
        throw Error(Errc::input,
                    fmt::format("invalid pattern '{}' in substitution: it ends in '\\'", pattern));
      }
      token.rune = runes[i];
      if (std::u32string_view(U"*?\\/}").find(token.rune) == std::u32string_view::npos) {
        throw Error(Errc::input,
                    fmt::format("invalid pattern '{}' in substitution: invalid escape '\\{}'",
                                pattern, encode({&token.rune, 1})));
      }
    }
    result.glob_.tokens.push_back(token);
  }
  return result;
}

std::string ShellPattern::trim_prefix(std::string_view value, Length length) const {
  const std::u32string text = decode(value);
  const auto end = match(glob_, text, length);
  return end ? encode(std::u32string_view(text).substr(*end)) : std::string(value);
}

std::string ShellPattern::trim_suffix(std::string_view value, Length length) const {
  std::u32string text = decode(value);
  std::reverse(text.begin(), text.end());
  const auto end = match(reversed(glob_), text, length);
  if (!end) return std::string(value);
  text.erase(0, *end);
  std::reverse(text.begin(), text.end());
  return encode(text);
}

std::string ShellPattern::replace(std::string_view value, std::string_view replacement, Count count,
                                  std::size_t most) const {
  const std::u32string text = decode(value);
  const std::vector<bool> starts = match_starts(glob_, text);
  std::u32string result;
  std::size_t at = 0;
  std::optional<std::size_t> last_end;
  const std::u32string with = decode(replacement);
  while (at <= text.size()) {
    const std::u32string_view rest = std::u32string_view(text).substr(at);
    const std::size_t length = starts[at] ? *match(glob_, rest, Length::longest) : 0;
    // An empty match right behind a match is none.
    const bool replaced = starts[at] && (length > 0 || last_end != at);
    if (replaced) {
      if (result.size() + with.size() > most)
        throw Error(Errc::input, "the text that a substitution gives is too long");
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
