#include "dockerfile/parser.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "dockerfile/heredoc.hpp"
#include "dockerfile/instructions.hpp"
#include "dockerfile/lexer.hpp"
#include "dockerfile/statement.hpp"

namespace slipway::dockerfile {
namespace {

void read_heredocs(Lexer& lexer, Statement& statement, Diagnostics& diagnostics) {
  statement.heredocs = announced_heredocs(statement);
  for (auto& heredoc : statement.heredocs) {
    const auto lines = lexer.read_heredoc(heredoc);
    if (!lines) {
      diagnostics.error(heredoc.span, fmt::format("unterminated heredoc '{}'", heredoc.name),
                        fmt::format("end it with a line that holds only {}", heredoc.name));
      return;
    }
    heredoc.content = heredoc.chomp ? without_leading_tabs(*lines) : std::string(*lines);
  }
}

/// One instruction read from the lexer; without a value where it has mistakes.
struct Reading {
  std::string keyword = {};
  Span span = {};
  std::optional<Instruction> instruction = {};
};

std::optional<Reading> read_next(Lexer& lexer, Diagnostics& diagnostics) {
  const auto line = lexer.next();
  if (!line) return std::nullopt;
  Statement statement = split_statement(*line, line->text, lexer.escape());
  read_heredocs(lexer, statement, diagnostics);

  Reading reading{statement.keyword, line->span_of(statement.written), std::nullopt};
  auto body = read_body(statement, diagnostics);
  if (!body) return reading;
  Instruction& instruction = reading.instruction.emplace();
  instruction.keyword = statement.keyword;
  instruction.source = lexer.source_since(line->source_begin);
  instruction.code = statement.code;
  instruction.comments = line->comments;
  instruction.span = reading.span;
  instruction.last_line = lexer.last_line();
  instruction.body = std::move(*body);
  return reading;
}

/// Sorts instructions into stages, and reports what stands before the first.
class StageBuilder {
 public:
  StageBuilder(Dockerfile& file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  void add(Reading reading) {
    empty_ = false;
    if (file_.stages.empty()) {
      if (reading.keyword != "FROM" && reading.keyword != "ARG") report_early(reading);
      // A stage may begin with this, were it right: no mistakes that follow from it.
      if (!reading.instruction) from_is_missing_ = false;
    }
    if (reading.instruction) place(std::move(*reading.instruction));
  }

  void finish() {
    if (!file_.stages.empty() || !from_is_missing_) return;
    diagnostics_.error(
        {0, 1, 1}, empty_ ? "the file holds no instructions" : "the file has no FROM instruction",
        "begin a stage with FROM <image>, or FROM scratch");
  }

 private:
  void report_early(const Reading& reading) {
    if (!from_is_missing_ || !reading.instruction) return;
    diagnostics_.error(reading.span,
                       fmt::format("{} stands before the first FROM", reading.keyword),
                       "only ARG may stand there");
    from_is_missing_ = false;
  }

  void place(Instruction instruction) {
    if (std::holds_alternative<From>(instruction.body)) {
      const std::size_t index = file_.stages.size();
      file_.stages.push_back({index, std::move(instruction), {}});
    } else if (!file_.stages.empty()) {
      file_.stages.back().instructions.push_back(std::move(instruction));
    } else if (std::holds_alternative<Arg>(instruction.body)) {
      file_.global_args.push_back(std::move(instruction));
    }
  }

  Dockerfile& file_;
  Diagnostics& diagnostics_;
  bool empty_ = true;
  bool from_is_missing_ = true;  ///< and it was not reported
};

}  // namespace

Dockerfile parse_dockerfile(const SourceText& source, Diagnostics& diagnostics) {
  Dockerfile file;
  Lexer lexer(source.text, 1, file.escape, Lexer::Scope::file, diagnostics);
  StageBuilder stages(file, diagnostics);
  while (auto reading = read_next(lexer, diagnostics)) stages.add(std::move(*reading));
  stages.finish();
  file.escape = lexer.escape();
  file.directives = lexer.take_directives();
  return file;
}

std::optional<Instruction> parse_instruction(std::string_view source, int line, char escape,
                                             Diagnostics& diagnostics) {
  Lexer lexer(source, line, escape, Lexer::Scope::instruction, diagnostics);
  auto reading = read_next(lexer, diagnostics);
  if (!reading) {
    diagnostics.error({line, 1, 1}, "there is no instruction");
    return std::nullopt;
  }
  if (const auto more = lexer.next()) {
    diagnostics.error(more->span_of(more->text),
                      "one instruction was expected, and here is another");
    return std::nullopt;
  }
  return std::move(reading->instruction);
}

}  // namespace slipway::dockerfile
