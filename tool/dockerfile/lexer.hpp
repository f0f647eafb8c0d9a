#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"

namespace slipway::dockerfile {

/// An instruction before anything is made of it: its physical lines joined,
/// with comments and line ends gone. Views into `text` find their place in the
/// file again.
struct LogicalLine {
  /// The part of `text` that came from one physical line.
  struct Piece {
    std::size_t begin = 0;  ///< in `text`
    int line = 0;
    int column = 1;
  };
  std::string text = {};
  std::vector<Piece> pieces = {};
  std::vector<std::string> comments = {};  ///< see Instruction::comments
  std::size_t source_begin = 0;            ///< of its first physical line, in the source

  /// Where a view into `text` stands, cut at the end of its physical line.
  Span span_of(std::string_view part) const;
};

/// Splits a source into logical lines: parser directives, comments, the escape
/// character at the end of a line, and heredocs.
///
///   directive  = "#" ws name ws "=" ws value       only at the top, no blank line before
///   logical    = physical { continuation }         a physical line ends in LF or CRLF
///   continued  = ends in the escape character, blanks behind it allowed,
///                the escape character not in front of it
class Lexer {
 public:
  /// Directives are looked for only where the source is a whole file.
  enum class Scope { file, instruction };
  Lexer(std::string_view source, int first_line, char escape, Scope scope,
        Diagnostics& diagnostics);

  /// The next line that is neither blank nor comment; nullopt at the end.
  std::optional<LogicalLine> next();

  /// The lines up to the heredoc's delimiter, as written; nullopt: it never came.
  std::optional<std::string_view> read_heredoc(const Heredoc& heredoc);

  char escape() const noexcept { return escape_; }
  int last_line() const noexcept { return line_; }

  /// The source from an offset up to where the lexer stands, last line end left out.
  std::string_view source_since(std::size_t begin) const;

  std::vector<Directive> take_directives() { return std::move(directives_); }

 private:
  struct PhysicalLine {
    std::string_view text = {};  ///< without its line end
    std::size_t begin = 0;       ///< offset in the source
    int column = 1;              ///< of its first byte; behind a byte order mark not 1
  };

  std::optional<PhysicalLine> read_line();
  bool read_directive(const PhysicalLine& line);
  void set_escape(const Directive& directive);
  void remember_comment(std::string_view line);
  void continue_line(LogicalLine& logical);
  bool append_piece(LogicalLine& logical, const PhysicalLine& line);
  std::optional<std::string_view> continued_part(std::string_view line) const;

  std::string_view source_;
  Diagnostics& diagnostics_;
  std::size_t position_ = 0;
  int line_;  ///< of the physical line read last
  char escape_;
  bool directives_allowed_;
  std::vector<Directive> directives_;
  std::vector<std::string> comments_;
};

/// The directives at the top of a file, behind a "#!" line if there is one
/// (which the parser itself takes for a comment).
std::vector<Directive> read_directives(std::string_view source);

}  // namespace slipway::dockerfile
