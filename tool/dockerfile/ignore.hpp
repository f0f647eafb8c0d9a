#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// The shortest path of the same meaning: no ".", no "..", no empty parts.
std::string clean_path(std::string_view path);

/// The patterns of a .dockerignore file: BOM and '#' lines dropped, trimmed,
/// cleaned, "!" kept in front (patternmatcher/ignorefile).
std::vector<std::string> read_ignore_file(std::string_view text);

/// Matches context paths against ignore patterns; the last match wins
/// (moby/patternmatcher). Throws Errc::input on a malformed pattern.
class IgnoreMatcher {
 public:
  /// Below which excluded directories "!" patterns are looked for. BuildKit looks
  /// where one might match; Buildah, whose file .containerignore is, only where
  /// one begins with the directory's path as it is.
  enum class Exceptions { anywhere, by_plain_path };

  explicit IgnoreMatcher(const std::vector<std::string>& patterns,
                         Exceptions exceptions = Exceptions::anywhere);
  ~IgnoreMatcher();
  IgnoreMatcher(IgnoreMatcher&&) noexcept;
  IgnoreMatcher& operator=(IgnoreMatcher&&) noexcept;

  /// True when `path` (relative, '/'-separated) is excluded, its parents'
  /// exclusion included.
  bool excluded(std::string_view path) const;

  /// True when nothing below the excluded directory `path` can be re-included
  /// by a "!" pattern, so that it need not be read.
  bool prunes(std::string_view path) const;

  bool empty() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Go's filepath.Match, one path component's wildcards: * ? [a-z] \x. Throws
/// Errc::input on a malformed pattern. '*' does not cross '/'.
bool match_path(std::string_view pattern, std::string_view path);

/// True when the text holds an unescaped *, ? or [.
bool has_wildcard(std::string_view pattern);

}  // namespace slipway::dockerfile
