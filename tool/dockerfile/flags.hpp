#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"
#include "dockerfile/statement.hpp"

namespace slipway::dockerfile {

/// Reports mistakes in one statement, each at the text it is about.
class Reporter {
 public:
  Reporter(const LogicalLine& line, Diagnostics& diagnostics)
      : line_(line), diagnostics_(diagnostics) {}

  void error(std::string_view at, std::string message, std::string hint = {});
  void error_at(Span span, std::string message, std::string hint = {});
  void warning(std::string_view at, std::string message, std::string rule, std::string hint = {});

  /// A mistake was reported elsewhere that spoils this statement too.
  void fail() noexcept { failed_ = true; }
  bool failed() const noexcept { return failed_; }

  Word word(std::string_view text) const { return {std::string(text), line_.span_of(text)}; }
  Diagnostics& diagnostics() const noexcept { return diagnostics_; }

 private:
  const LogicalLine& line_;
  Diagnostics& diagnostics_;
  bool failed_ = false;
};

/// Reads the flags of a statement: ask for each that the instruction knows, then
/// finish(), which reports the others.
class FlagReader {
 public:
  FlagReader(const Statement& statement, Reporter& report)
      : statement_(statement), report_(report) {}

  std::optional<Word> word(std::string_view name);
  std::vector<Word> words(std::string_view name);  ///< may be given several times
  std::optional<bool> boolean(std::string_view name);

  void finish();

 private:
  std::vector<const Flag*> all(std::string_view name);
  const Flag* only(std::string_view name);
  std::optional<Word> value_of(const Flag& flag);

  const Statement& statement_;
  Reporter& report_;
  std::vector<std::string> known_;
};

}  // namespace slipway::dockerfile
