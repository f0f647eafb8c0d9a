// parser/: single instructions, heredocs, directives and whole files.
#include <algorithm>

#include "corpus/corpus.hpp"
#include "dockerfile/heredoc.hpp"
#include "dockerfile/parser.hpp"

namespace slipway::corpus {
namespace {

using namespace dockerfile;
using Texts = std::vector<std::string>;

/// A text, what it was read as, and the mistakes.
struct Reading {
  explicit Reading(const std::string& text)
      : diagnostics({"Dockerfile", text}), file(parse_dockerfile({"Dockerfile", text}, diagnostics)) {}

  std::optional<std::string> error() const {
    if (!diagnostics.has_errors()) return std::nullopt;
    return diagnostics.render_all();
  }

  Diagnostics diagnostics;
  Dockerfile file;
};

/// The text of one instruction as a file that is whole.
std::string with_stage(const std::string& text) {
  return text.starts_with("FROM") ? text : "FROM scratch\n" + text;
}

/// The values of a case's `fields` as they were read.
struct FieldsOf {
  Json operator()(const Copy& copy) const {
    Json fields = {{"dest", copy.destination.text}, {"source_paths", Json::array()}, {"source_contents", Json::array()}};
    for (const auto& source : copy.sources) fields["source_paths"].push_back(source.text);
    for (const auto& file : copy.files) {
      fields["source_contents"].push_back({{"path", file.name}, {"data", file.content}, {"expand", file.expand}});
    }
    return fields;
  }
  Json operator()(const Run& run) const {
    Json fields = {{"shell_form", !run.command.exec_form}, {"cmdline", run.command.arguments}, {"files", Json::array()}};
    for (const auto& file : run.heredocs) {
      fields["files"].push_back({{"name", file.name}, {"data", file.content}, {"chomp", file.chomp}});
    }
    return fields;
  }
  Json operator()(const HealthcheckCommand& check) const {
    Json test = {check.command.exec_form ? "CMD" : "CMD-SHELL"};
    for (const auto& argument : check.command.arguments) test.push_back(argument);
    return {{"test", test}};
  }
  Json operator()(const HealthcheckNone&) const { return {{"test", {"NONE"}}}; }
  template <typename Other>
  Json operator()(const Other&) const {
    return Json::object();
  }
};

/// Ours has the tabs of <<- removed; the corpus has them.
Json without_tabs(Json fields) {
  if (!fields.contains("files")) return fields;
  for (auto& file : fields["files"]) {
    if (file.at("chomp")) file["data"] = without_leading_tabs(file.at("data").get<std::string>());
  }
  return fields;
}

Verdict check_instruction(const Json& test) {
  if (test.contains("input_nodes")) return excepted("made of a syntax tree that no text gives");
  const Reading reading(with_stage(test.at("dockerfile")));
  if (test.value("no_crash", false)) return passed();
  if (reading.error() || test.contains("error")) return expect_error(reading.error(), test);
  if (!test.contains("fields")) return passed();
  const Json actual = std::visit(FieldsOf{}, reading.file.stages.front().instructions.front().body);
  const Json expected = without_tabs(test.at("fields"));
  for (const auto& [name, value] : expected.items()) {
    if (actual.value(name, Json()) != value) return expect_equal<Json>(actual.value(name, Json()), value);
  }
  return passed();
}

Verdict check_pairs(const Json& test) {
  const std::string text = "FROM scratch\n" + test.at("instruction").get<std::string>() + " " + test.at("input").get<std::string>();
  const Reading reading(text);
  if (reading.error() || test.contains("error")) return expect_error(reading.error(), test);
  const Body& body = reading.file.stages.front().instructions.front().body;
  const auto& pairs = std::holds_alternative<Env>(body) ? std::get<Env>(body).pairs : std::get<Label>(body).pairs;
  Json actual = Json::array();
  for (const auto& pair : pairs) {
    actual.push_back({{"key", pair.key.text}, {"value", pair.value.text}, {"sep", pair.legacy ? "" : "="}});
  }
  return expect_equal<Json>(actual, test.at("expected"));
}

Verdict check_arguments(const Json& test) {
  const Texts arguments = test.at("args");
  if (arguments.empty()) return excepted("shell form always has one element, here an empty one");
  std::string text = Json(arguments).dump();
  if (!test.at("json")) {
    text.clear();
    for (const auto& argument : arguments) text += (text.empty() ? "" : " ") + argument;
  }
  const Reading reading("FROM scratch\nCMD " + text);
  const auto& cmd = std::get<Cmd>(reading.file.stages.front().instructions.front().body);
  return expect_equal<Texts>(cmd.command.arguments, test.at("expected"));
}

Verdict check_heredoc_file(const Json& test) {
  const std::string text = test.at("dockerfile");
  Diagnostics diagnostics({"Dockerfile", text});
  Lexer lexer(text, 1, '\\', Lexer::Scope::file, diagnostics);
  Json all = Json::array();
  lexer.next();
  while (const auto line = lexer.next()) {
    Json heredocs;
    for (const auto& heredoc : announced_heredocs(split_statement(*line, line->text, '\\'))) {
      const auto content = lexer.read_heredoc(heredoc);
      if (!content) return expect_error("unterminated", test);
      heredocs.push_back({{"name", heredoc.name},
                          {"content", std::string(*content)},
                          {"expand", heredoc.expand},
                          {"chomp", heredoc.chomp},
                          {"fd", heredoc.fd}});
    }
    all.push_back(heredocs);
  }
  return expect_equal<Json>(all, test.at("heredocs"));
}

Verdict check_heredoc(const Json& test) {
  if (test.at("op") == "file") return check_heredoc_file(test);
  const std::string input = test.at("input");
  if (test.at("op") == "chomp") {
    return expect_equal<std::string>(without_leading_tabs(input), test.at("expected"));
  }
  if (test.at("op") == "line") {
    LogicalLine line;
    line.text = input;
    line.pieces.push_back({0, 1, 1});
    Texts names;
    for (const auto& heredoc : announced_heredocs(split_statement(line, line.text, '\\'))) {
      names.push_back(heredoc.name);
    }
    return expect_equal<Texts>(names, test.at("expected"));
  }
  const auto heredoc = heredoc_of_word(input);
  if (!test.contains("expected") || test.at("expected") == "none") {
    return expect_equal<bool>(heredoc.has_value(), false);
  }
  if (!heredoc) return failed("not read as a heredoc");
  return expect_equal<std::string>(heredoc->name, test.at("heredoc_name"));
}

Verdict check_directives(const Json& test) {
  const std::string input = test.at("input");
  const auto directives = read_directives(input);
  if (test.at("op") == "all_directives") {
    Json actual = Json::array();
    for (const auto& directive : directives) {
      actual.push_back({{"name", directive.name}, {"value", directive.value}});
    }
    return expect_equal<Json>(actual, test.at("expected"));
  }
  const std::string name = test.value("directive", "syntax");
  for (const auto& directive : directives) {
    if (directive.name != name) continue;
    if (!test.at("found")) return failed("found");
    const std::string word = directive.value.substr(0, directive.value.find(' '));
    if (word != test.value("value_first_word", word)) return failed("the value is " + directive.value);
    return expect_equal<int>(directive.span.line, test.value("start_line", directive.span.line));
  }
  const bool other_form = input.find("//") != std::string::npos || input.find('{') != std::string::npos;
  if (test.at("found") && other_form) {
    return excepted("the // and JSON forms name another frontend, which is never fetched");
  }
  return expect_equal<bool>(false, test.at("found"));
}

std::string whole_text(const Score& score, const Json& test) {
  if (test.contains("dockerfile_path")) {
    return read_text(score.root() / "parser" / test.at("dockerfile_path").get<std::string>());
  }
  if (test.contains("dockerfile")) return test.at("dockerfile");
  std::string text = test.at("dockerfile_template");
  const std::string place = "{{a*65536}}";
  return text.replace(text.find(place), place.size(), std::string(65536, 'a'));
}

Verdict check_whole_file(const std::string& text, const Json& test) {
  const Reading reading(text);
  if (test.contains("error")) return expect_error(reading.error(), test);
  Json lines = Json::array();
  const auto add = [&](const Instruction& instruction) {
    lines.push_back({instruction.span.line, instruction.last_line});
  };
  for (const auto& arg : reading.file.global_args) add(arg);
  for (const auto& stage : reading.file.stages) {
    add(stage.from);
    for (const auto& instruction : stage.instructions) add(instruction);
  }
  if (test.contains("lines") && lines != test.at("lines")) return expect_equal<Json>(lines, test.at("lines"));
  if (test.contains("root_lines")) {
    return expect_equal<Json>({lines.front().front(), lines.back().back()}, test.at("root_lines"));
  }
  if (!test.contains("warnings_count")) return passed();
  const auto& all = reading.diagnostics.all();
  const auto empty = std::count_if(all.begin(), all.end(), [](const Diagnostic& d) {
    return d.rule == "NoEmptyContinuation";
  });
  return expect_equal<std::int64_t>(empty, test.at("warnings_count"));
}

}  // namespace

void run_instructions(Score& score) {
  score.run_file("parser/instructions.json", check_instruction);
  score.run_file("parser/name-val.json", check_pairs);
  score.run_file("parser/json-args.json", check_arguments);
  score.run_file("parser/heredoc.json", check_heredoc);
  score.run_file("parser/directives.json", check_directives);
  score.run_file("parser/whole-file.json", [&score](const Json& test) {
    return check_whole_file(whole_text(score, test), test);
  });
}

}  // namespace slipway::corpus
