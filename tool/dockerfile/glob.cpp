#include "dockerfile/glob.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/ignore.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

using Kind = GlobToken::Kind;

bool may_be_empty(Kind kind) {
  return kind == Kind::star || kind == Kind::deep_star || kind == Kind::deep_directory;
}

bool in_set(const GlobToken& token, char32_t rune) {
  const bool found = std::any_of(
      token.ranges.begin(), token.ranges.end(),
      [rune](const GlobToken::Range& range) { return range.first <= rune && rune <= range.last; });
  return found != token.negated;
}

}  // namespace

void GlobWalk::mark(std::size_t place) {
  if (reached_[place] != 0) return;
  reached_[place] = 1;
  active_.push_back(place);
}

/// Reach a place from the one before it; what may match nothing is passed too.
void GlobWalk::enter(std::size_t place) {
  mark(place);
  while (place < glob_.tokens.size() && may_be_empty(glob_.tokens[place].kind)) mark(++place);
}

void GlobWalk::step(char32_t rune) {
  before_.swap(active_);
  active_.clear();
  for (const std::size_t place : before_) reached_[place] = 0;
  for (const std::size_t place : before_) {
    if (place < glob_.tokens.size()) advance(place, rune);
  }
}

void GlobWalk::advance(std::size_t place, char32_t rune) {
  const GlobToken& token = glob_.tokens[place];
  switch (token.kind) {
    case Kind::rune:
      if (rune == token.rune) enter(place + 1);
      break;
    case Kind::any:
      if (rune != glob_.fence) enter(place + 1);
      break;
    case Kind::set:
      if (in_set(token, rune)) enter(place + 1);
      break;
    case Kind::star:
      if (rune != glob_.fence) enter(place);
      break;
    case Kind::deep_star:
      enter(place);
      break;
    case Kind::deep_directory:
      // Inside of it there is no way out but by a '/'.
      mark(place);
      if (rune == U'/') enter(place + 1);
      break;
  }
}

bool PathPatternReader::eat(std::string_view text) {
  if (!rest_.starts_with(text)) return false;
  rest_.remove_prefix(text.size());
  return true;
}

GlobToken PathPatternReader::next() {
  if (eat("*")) return {Kind::star, 0, false, {}};
  if (eat("?")) return {Kind::any, 0, false, {}};
  if (eat("[")) return set();
  if (eat("\\") && rest_.empty()) fail();
  return {Kind::rune, take_rune(), false, {}};
}

GlobToken PathPatternReader::set() {
  GlobToken token{Kind::set, 0, eat("^"), {}};
  do {
    GlobToken::Range range;
    range.first = set_rune();
    range.last = eat("-") ? set_rune() : range.first;
    token.ranges.push_back(range);
  } while (!eat("]"));
  return token;
}

char32_t PathPatternReader::set_rune() {
  if (rest_.empty() || rest_.starts_with('-') || rest_.starts_with(']')) fail();
  if (eat("\\") && rest_.empty()) fail();
  return take_rune();
}

char32_t PathPatternReader::take_rune() {
  const Rune rune = decode_rune(rest_);
  rest_.remove_prefix(rune.length);
  return rune.value;
}

void PathPatternReader::fail() const {
  throw Error(Errc::input, fmt::format("malformed pattern '{}'", printable(pattern_)));
}

bool match_path(std::string_view pattern, std::string_view path) {
  Glob glob;
  PathPatternReader reader(pattern);
  while (!reader.at_end()) glob.tokens.push_back(reader.next());
  GlobWalk walk(glob);
  walk.start();
  while (!path.empty() && !walk.is_dead()) {
    const Rune rune = decode_rune(path);
    walk.step(rune.value);
    path.remove_prefix(rune.length);
  }
  return walk.accepts();
}

bool has_wildcard(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
    } else if (pattern[at] == '*' || pattern[at] == '?' || pattern[at] == '[') {
      return true;
    }
  }
  return false;
}

}  // namespace slipway::dockerfile
