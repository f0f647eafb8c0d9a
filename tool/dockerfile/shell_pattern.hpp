#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// The pattern of ${v#p}, ${v%p} and ${v/p/w}: "*" any text and "?" any
/// character, neither of them a newline; a backslash protects *, ?, \, / and }.
/// Time grows with text times pattern, never worse.
class ShellPattern {
 public:
  /// Throws Errc::input on any other backslash.
  static ShellPattern parse(std::string_view pattern);

  enum class Length { shortest, longest };

  /// `value` without what the pattern matches at its beginning, or at its end.
  std::string trim_prefix(std::string_view value, Length length) const;
  std::string trim_suffix(std::string_view value, Length length) const;

  enum class Count { first, all };

  /// `value` with the leftmost longest match, or all that do not overlap, replaced.
  std::string replace(std::string_view value, std::string_view replacement, Count count) const;

 private:
  struct Token {
    enum class Kind { rune, any, star } kind;
    char32_t rune = 0;
  };
  using Tokens = std::vector<Token>;

  static std::optional<std::size_t> match(const Tokens& tokens, std::u32string_view text,
                                          Length length);
  static ShellPattern::Tokens reversed(Tokens tokens);
  std::vector<bool> match_starts(std::u32string_view text) const;

  class States;
  Tokens tokens_;
};

}  // namespace slipway::dockerfile
