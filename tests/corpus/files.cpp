// parser/testfiles: whole files and the dump of BuildKit's syntax tree, made
// here from our statements; and real/, which must be read again from what was
// kept of it.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "base/text.hpp"
#include "corpus/corpus.hpp"
#include "dockerfile/exec_form.hpp"
#include "dockerfile/heredoc.hpp"
#include "dockerfile/parser.hpp"

namespace slipway::corpus {
namespace {

using namespace dockerfile;
namespace fs = std::filesystem;

/// Go's %q for the characters that occur.
std::string go_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    constexpr std::string_view named = "\a\b\f\n\r\t\v";
    const std::size_t name = named.find(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (name != std::string_view::npos) {
      result += {'\\', "abfnrtv"[name]};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\x{:02x}", c);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string quoted_words(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text += " " + go_quoted(word);
  return text;
}

std::string dump_list(const Statement& statement, std::string_view arguments, bool splits) {
  const ExecForm form = read_exec_form(arguments);
  if (form.kind == ExecForm::Kind::not_strings) throw std::runtime_error("a list of other things than strings");
  if (form.kind == ExecForm::Kind::strings) {
    std::string text;
    for (const auto& element : form.elements) text += " " + go_quoted(element.value);
    return text;
  }
  if (arguments.empty()) return "";
  return splits ? quoted_words(split_blanks(statement.arguments)) : " " + go_quoted(arguments);
}

std::string dump_pairs(const Statement& statement) {
  const auto words = split_words(statement.arguments, statement.escape);
  if (words.front().find('=') == std::string_view::npos) {
    const auto [name, value] = split_head(statement.arguments);
    return quoted_words({name, value.value(), ""});
  }
  std::string text;
  for (const auto word : words) {
    const std::size_t equals = word.find('=');
    text += quoted_words({word.substr(0, equals), word.substr(equals + 1), "="});
  }
  return text;
}

std::string dump(const Statement& statement);

std::string dump_arguments(const Statement& statement) {
  const std::string& keyword = statement.keyword;
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), keyword) != names.end();
  };
  if (is_one_of({"ADD", "COPY", "VOLUME"})) return dump_list(statement, statement.arguments, true);
  if (is_one_of({"CMD", "ENTRYPOINT", "RUN", "SHELL"})) return dump_list(statement, statement.arguments, false);
  if (is_one_of({"ENV", "LABEL"})) return dump_pairs(statement);
  if (keyword == "ARG") return quoted_words(split_words(statement.arguments, statement.escape));
  if (is_one_of({"EXPOSE", "FROM"})) return quoted_words(split_blanks(statement.arguments));
  if (keyword == "ONBUILD") {
    return " (" + dump(split_statement(*statement.line, statement.arguments, statement.escape)) + ")";
  }
  if (keyword == "HEALTHCHECK") {
    const auto [type, rest] = split_head(statement.arguments);
    return " " + go_quoted(type) + dump_list(statement, rest.value_or(""), false);
  }
  return statement.arguments.empty() ? "" : " " + go_quoted(statement.arguments);
}

std::string dump(const Statement& statement) {
  std::string text = to_lower(statement.keyword);
  std::string flags;
  for (const auto& flag : statement.flags) {
    const std::string whole = "--" + flag.name + (flag.value ? "=" + *flag.value : "");
    flags += (flags.empty() ? "" : " ") + go_quoted(whole);
  }
  if (!flags.empty()) text += " [" + flags + "]";
  return text + dump_arguments(statement);
}

std::string dump_file(const std::string& text) {
  Diagnostics diagnostics({"Dockerfile", text});
  Lexer lexer(text, 1, '\\', Lexer::Scope::file, diagnostics);
  std::string result;
  while (const auto line = lexer.next()) {
    const Statement statement = split_statement(*line, line->text, lexer.escape());
    for (const auto& heredoc : announced_heredocs(statement)) lexer.read_heredoc(heredoc);
    result += "(" + dump(statement) + ")\n";
  }
  return result;
}

void run_testfiles(Score& score) {
  for (const auto& entry : fs::directory_iterator(score.root() / "parser/testfiles")) {
    const std::string expected = read_text(entry.path() / "result");
    const std::string actual = dump_file(read_text(entry.path() / "Dockerfile"));
    score.add("parser/testfiles", entry.path().filename(), expect_equal(actual, expected));
  }
  for (const auto& entry : fs::directory_iterator(score.root() / "parser/testfiles-negative")) {
    const std::string text = read_text(entry.path() / "Dockerfile");
    Diagnostics diagnostics({"Dockerfile", text});
    parse_dockerfile(diagnostics.source(), diagnostics);
    score.add("parser/testfiles-negative", entry.path().filename(),
              diagnostics.has_errors() ? passed() : failed("accepted"));
  }
}

/// An instruction must be the same when read from the source it carries.
Verdict check_again(const Instruction& instruction, char escape) {
  Diagnostics diagnostics({"Dockerfile", instruction.source});
  const auto again = parse_instruction(instruction.source, instruction.span.line, escape, diagnostics);
  if (!again) return failed(diagnostics.render_all());
  const bool same = again->code == instruction.code && again->span == instruction.span &&
                    again->last_line == instruction.last_line && again->source == instruction.source &&
                    again->body.index() == instruction.body.index();
  return same ? passed() : failed("line " + std::to_string(instruction.span.line) + " is read differently again");
}

void run_real(Score& score) {
  for (const auto& entry : fs::directory_iterator(score.root() / "real")) {
    if (!entry.is_regular_file() || entry.path().extension() == ".json") continue;
    const std::string text = read_text(entry.path());
    Diagnostics diagnostics({entry.path().filename(), text});
    const Dockerfile file = parse_dockerfile(diagnostics.source(), diagnostics);
    for (const auto& stage : file.stages) {
      score.add("real (each instruction twice)", entry.path().filename(), check_again(stage.from, file.escape));
      for (const auto& instruction : stage.instructions) {
        score.add("real (each instruction twice)", entry.path().filename(), check_again(instruction, file.escape));
      }
    }
    const bool is_template = entry.path().filename().string().find("dockcross") != std::string::npos;
    const Verdict verdict = is_template ? excepted("a template with lines of another language")
                            : diagnostics.has_errors() ? failed(diagnostics.render_all())
                                                       : passed();
    score.add("real", entry.path().filename(), verdict);
  }
}

}  // namespace

void run_files(Score& score) {
  run_testfiles(score);
  run_real(score);
}

}  // namespace slipway::corpus
