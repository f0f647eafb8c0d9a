// Which files of a context a .dockerignore leaves out.
//
// A pattern is that of Go's filepath.Match, and "**" for any number of
// directories. It matches a path when it matches the path itself or a directory
// above it. Patterns are tried in order, and the last that matches decides; one
// with "!" in front takes the path in again. Three oddities of "**" are
// BuildKit's, and ignore files rely on them:
//   "dir/**"   everything below dir, but not dir
//   "**name"   any path that ends in name, when nothing else in it is special
//   "**name*"  as "**/name*"
#include "dockerfile/ignore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/glob.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

bool is_plain(std::string_view text) {
  return text.find_first_of("*?[]\\") == std::string_view::npos;
}

void refuse_reversed_ranges(const GlobToken& token, std::string_view pattern) {
  for (const auto& range : token.ranges) {
    if (range.first <= range.last) continue;
    throw Error(Errc::input, fmt::format("malformed pattern '{}'", printable(pattern)))
        .with_hint("the range of a [] goes from the lower to the higher character");
  }
}

Glob compile(std::string_view pattern) {
  Glob glob;
  PathPatternReader reader(pattern);
  while (!reader.at_end()) {
    const bool first = glob.tokens.empty();
    if (!reader.eat("**")) {
      glob.tokens.push_back(reader.next());
      refuse_reversed_ranges(glob.tokens.back(), pattern);
      continue;
    }
    const bool directory = reader.eat("/");
    const bool any_end = first && !directory && is_plain(pattern.substr(2));
    const bool deep_star = reader.at_end() || any_end;
    glob.tokens.push_back(
        {deep_star ? GlobToken::Kind::deep_star : GlobToken::Kind::deep_directory, 0, false, {}});
  }
  return glob;
}

struct Pattern {
  bool includes = false;     ///< "!" stood in front
  std::string literal = {};  ///< how every match begins, up to the first token of another kind
  Glob glob = {};
};

Pattern make_pattern(std::string text) {
  Pattern pattern;
  pattern.includes = text.starts_with('!');
  if (pattern.includes) text.erase(0, 1);
  if (text.empty()) {
    throw Error(Errc::input, "malformed pattern '!'").with_hint("a path goes behind the '!'");
  }
  pattern.glob = compile(text);
  std::u32string literal;
  for (const auto& token : pattern.glob.tokens) {
    if (token.kind != GlobToken::Kind::rune) break;
    literal.push_back(token.rune);
  }
  pattern.literal = encode(literal);
  return pattern;
}

/// One of the two is the beginning of the other: cheap, and rules out most.
bool may_begin(const Pattern& pattern, std::string_view path) {
  const std::size_t length = std::min(pattern.literal.size(), path.size());
  return path.substr(0, length) == std::string_view(pattern.literal).substr(0, length);
}

/// The pattern matches the path or a directory above it.
bool matches(const Pattern& pattern, std::string_view path) {
  if (path.size() < pattern.literal.size() || !may_begin(pattern, path)) return false;
  GlobWalk walk(pattern.glob);
  walk.start();
  for (std::size_t at = 0; at < path.size() && !walk.is_dead();) {
    const Rune rune = decode_rune(path.substr(at));
    if (at > 0 && rune.value == U'/' && walk.accepts()) return true;
    walk.step(rune.value);
    at += rune.length;
  }
  return walk.accepts();
}

/// The pattern may match something below the directory.
bool may_match_below(const Pattern& pattern, std::string_view directory) {
  if (!may_begin(pattern, directory)) return false;
  GlobWalk walk(pattern.glob);
  walk.start();
  for (const char32_t rune : decode(directory)) walk.step(rune);
  walk.step(U'/');
  return !walk.is_dead();
}

/// The pattern's text leads into the directory before any wildcard.
bool leads_below(const Pattern& pattern, std::string_view directory) {
  return (pattern.literal + '/').starts_with(std::string(directory) + '/');
}

}  // namespace

std::string clean_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!absolute) {
      parts.push_back(part);
    }
  }
  const std::string joined = fmt::format("{}", fmt::join(parts, "/"));
  if (absolute) return '/' + joined;
  return joined.empty() ? "." : joined;
}

std::vector<std::string> read_ignore_file(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::vector<std::string> patterns;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string_view pattern = trim_space(line);
    if (line.starts_with('#') || pattern.empty()) continue;
    const bool includes = pattern.starts_with('!');
    if (includes) pattern = trim_space(pattern.substr(1));
    std::string path = pattern.empty() ? "" : clean_path(pattern);
    if (path.size() > 1 && path.front() == '/') path.erase(0, 1);
    patterns.push_back((includes ? "!" : "") + path);
  }
  return patterns;
}

struct IgnoreMatcher::State {
  std::vector<Pattern> patterns;
  Exceptions exceptions;
};

IgnoreMatcher::IgnoreMatcher(const std::vector<std::string>& patterns, Exceptions exceptions)
    : state_(std::make_unique<State>()) {
  state_->exceptions = exceptions;
  for (const auto& text : patterns) {
    const std::string_view pattern = trim_space(text);
    if (!pattern.empty()) state_->patterns.push_back(make_pattern(clean_path(pattern)));
  }
}

IgnoreMatcher::~IgnoreMatcher() = default;
IgnoreMatcher::IgnoreMatcher(IgnoreMatcher&&) noexcept = default;
IgnoreMatcher& IgnoreMatcher::operator=(IgnoreMatcher&&) noexcept = default;

bool IgnoreMatcher::excluded(std::string_view path) const {
  if (path.empty() || path == ".") return false;
  bool excluded = false;
  for (const auto& pattern : state_->patterns) {
    // A pattern that would say what is so already need not be tried.
    if (pattern.includes == excluded && matches(pattern, path)) excluded = !pattern.includes;
  }
  return excluded;
}

bool IgnoreMatcher::prunes(std::string_view path) const {
  const auto may_reach = state_->exceptions == Exceptions::anywhere ? may_match_below : leads_below;
  return std::none_of(
      state_->patterns.begin(), state_->patterns.end(),
      [&](const Pattern& pattern) { return pattern.includes && may_reach(pattern, path); });
}

bool IgnoreMatcher::empty() const noexcept { return state_->patterns.empty(); }

}  // namespace slipway::dockerfile
