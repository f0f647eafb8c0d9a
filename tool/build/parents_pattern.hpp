#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ignore.hpp"

namespace slipway {

/// A source of COPY --parents: "pivot/./pattern", or a pattern alone. In the
/// pattern "**" stands for any number of directories. Paths are relative to the
/// pivot.
class ParentsPattern {
 public:
  /// Throws Errc::input on a malformed pattern.
  explicit ParentsPattern(std::string_view word);

  /// Where the kept paths begin; may have wildcards of its own.
  const std::string& pivot() const noexcept { return pivot_; }

  /// No wildcards: what it names must be there.
  bool is_literal() const;

  /// The pivot itself: all that it holds.
  bool is_everything() const noexcept { return parts_.empty(); }

  /// True when the path, or a directory above it, matches.
  bool includes(std::string_view path) const { return is_everything() || matcher_.excluded(path); }

  /// True when something in the directory `path` may match.
  bool may_hold(std::string_view path) const;

  /// The one name in the directory `path` (which may hold matches) that can
  /// lead to a match; nullopt: there is a wildcard.
  std::optional<std::string> only_child(std::string_view path) const;

 private:
  std::string pivot_;
  std::vector<std::string> parts_;
  dockerfile::IgnoreMatcher matcher_;
};

}  // namespace slipway
