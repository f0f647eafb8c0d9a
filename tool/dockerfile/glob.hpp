#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// One element of a pattern.
struct GlobToken {
  enum class Kind {
    rune,            ///< this very rune
    any,             ///< one rune, not the fence
    set,             ///< one rune of (or not of) the ranges
    star,            ///< any text without the fence
    deep_star,       ///< any text
    deep_directory,  ///< nothing, or any text that ends in '/'
  };
  struct Range {
    char32_t first = 0;
    char32_t last = 0;
  };
  Kind kind = Kind::rune;
  char32_t rune = 0;
  bool negated = false;
  std::vector<Range> ranges = {};
};

/// A pattern, ready to be walked.
struct Glob {
  std::vector<GlobToken> tokens = {};
  char32_t fence = U'/';  ///< what "*" and "?" do not match
};

/// Follows all ways through a pattern at once while a text is fed rune by rune,
/// so the time grows with text times pattern and never worse.
class GlobWalk {
 public:
  explicit GlobWalk(const Glob& glob) : glob_(glob), reached_(glob.tokens.size() + 1) {}

  /// A match may begin here.
  void start() { enter(0); }

  void step(char32_t rune);

  /// What was fed since some start() matches.
  bool accepts() const { return reached_.back() != 0; }

  /// Whatever comes, there will be no match.
  bool is_dead() const { return active_.empty(); }

 private:
  void mark(std::size_t place);
  void enter(std::size_t place);
  void advance(std::size_t place, char32_t rune);

  const Glob& glob_;
  std::vector<std::size_t> active_;
  std::vector<std::size_t> before_;
  std::vector<char> reached_;  ///< for each place whether it is in active_
};

/// Reads a pattern in the syntax of Go's filepath.Match:
///   "*"  "?"  "[" ["^"] { c | c "-" c } "]"  "\" c  c
class PathPatternReader {
 public:
  explicit PathPatternReader(std::string_view pattern) : pattern_(pattern), rest_(pattern) {}

  bool at_end() const { return rest_.empty(); }
  bool eat(std::string_view text);

  /// The next token; there must be one. Throws Errc::input on bad syntax.
  GlobToken next();

 private:
  GlobToken set();
  char32_t set_rune();
  char32_t take_rune();
  [[noreturn]] void fail() const;

  std::string_view pattern_;
  std::string_view rest_;
};

}  // namespace slipway::dockerfile
