#pragma once

#include <string>
#include <string_view>

#include "dockerfile/glob.hpp"

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

  /// `value` with the leftmost longest match, or all that do not overlap, replaced. Throws
  /// Errc::input where that has more than `most` characters.
  std::string replace(std::string_view value, std::string_view replacement, Count count,
                      std::size_t most) const;

 private:
  Glob glob_;
};

}  // namespace slipway::dockerfile
