#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"

namespace slipway {

/// A text the user wrote, and the path to call it by in messages.
struct SourceText {
  std::string path = {};
  std::string text = {};
};

enum class Severity { error, warning };

/// One mistake (or doubt) about a user's text.
struct Diagnostic {
  Severity severity = Severity::error;
  Span span = {};
  std::string message = {};
  std::string rule = {};  ///< name in brackets after the message; empty: none
  std::string hint = {};  ///< what to do; empty: none
};

/// The diagnostic in the compiler's form, with the source line and a caret:
///   app/Dockerfile:2:6: error: unknown flag '--form' for COPY
///    2 | COPY --form=build /out/app /usr/bin/
///      |      ^~~~~~
///      = hint: did you mean '--from'?
/// Control characters of the source line are shown as spaces, and a long line
/// is cut around the column. Users and passwords of URLs are not shown.
std::string render(const Diagnostic& diagnostic, const SourceText& source);

/// Renders many diagnostics about one text. In order of lines is fastest: the
/// text is walked through once.
class Renderer {
 public:
  /// `source` must outlive it.
  explicit Renderer(const SourceText& source) : source_(source) {}

  std::string render(const Diagnostic& diagnostic);

 private:
  std::string_view line_of(int line);

  const SourceText& source_;
  int line_ = 1;           ///< where the walk is
  std::size_t begin_ = 0;  ///< where that line begins; npos: there are not so many
};

/// Collects mistakes so that a user sees all of a pass at once.
class Diagnostics {
 public:
  explicit Diagnostics(SourceText source) : source_(std::move(source)) {}

  void report(Diagnostic diagnostic);
  void error(Span span, std::string message, std::string hint = {});
  void warning(Span span, std::string message, std::string rule = {}, std::string hint = {});

  bool has_errors() const noexcept { return errors_ > 0; }
  const std::vector<Diagnostic>& all() const noexcept { return all_; }
  const SourceText& source() const noexcept { return source_; }

  /// All diagnostics rendered, in order of line and column.
  std::string render_all() const;

  /// Throws Error (rendered, Errc::input) with render_all() when there are errors.
  void stop_if_errors() const;

 private:
  SourceText source_;
  std::vector<Diagnostic> all_;
  int errors_ = 0;
};

}  // namespace slipway
