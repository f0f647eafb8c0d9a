// parser/: how the parts of an instruction's arguments are read.
#include <set>

#include "base/error.hpp"
#include "corpus/corpus.hpp"
#include "dockerfile/exec_form.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/flags.hpp"
#include "dockerfile/git_ref.hpp"
#include "dockerfile/heredoc.hpp"
#include "dockerfile/mount.hpp"
#include "dockerfile/shell_pattern.hpp"
#include "dockerfile/statement.hpp"

namespace slipway::corpus {
namespace {

using namespace dockerfile;
using Names = std::set<std::string>;
using Texts = std::vector<std::string>;

/// Words are expected to come out as given, for each of the two operations.
Verdict check_shell(const Json& test) {
  if (test.at("op") == "get_env") return excepted("variables are looked up by the caller");
  if (test.value("env_platform", "all") == "windows") return excepted("for Windows only");
  const std::string input = test.at("input");
  const char escape = test.value("escape", std::string("\\")).front();
  Names matched;
  const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto& env = test.at("env");
    const auto value = env.find(name);
    if (value == env.end()) return std::nullopt;
    matched.emplace(name);
    return value->get<std::string>();
  };
  if (test.at("op") == "process_words") {
    const auto words = expand_words(input, lookup, escape);
    if (words.error || test.contains("error")) return expect_error(words.error, test);
    return expect_equal<Texts>(words.words, test.at("expected"));
  }
  const auto word = expand_word(input, lookup, escape);
  if (word.error || test.contains("error")) {
    if (word.error && word.error->find(test.value("error_contains", "")) == std::string::npos) {
      return failed("the message is: " + *word.error);
    }
    return expect_error(word.error, test);
  }
  if (word.text != test.at("expected"))
    return expect_equal<std::string>(word.text, test.at("expected"));
  if (!test.contains("unmatched")) return passed();
  if (matched != test.at("matched").get<Names>())
    return expect_equal<Names>(matched, test.at("matched"));
  return expect_equal<Names>(Names(word.unset.begin(), word.unset.end()), test.at("unmatched"));
}

/// The text that a pattern's regular expression is for, when it has no wildcards.
std::string unescaped(std::string_view regex) {
  std::string text;
  for (std::size_t at = 1; at < regex.size(); ++at) {
    if (regex[at] == '\\') ++at;
    text += regex[at];
  }
  return text;
}

Verdict check_pattern(const Json& test) {
  try {
    const auto pattern = ShellPattern::parse(std::string(test.at("input")));
    if (test.contains("error")) return failed("accepted");
    const std::string text = unescaped(test.at("expected_regex").get<std::string>());
    return expect_equal<std::string>(pattern.trim_prefix(text + "x", ShellPattern::Length::longest),
                                     "x");
  } catch (const Error& error) {
    return expect_error(error.what(), test);
  }
}

Verdict check_json(const Json& test) {
  const std::string input = test.at("input");
  const ExecForm form = read_exec_form(input);
  if (test.contains("error")) {
    return expect_equal<bool>(form.kind == ExecForm::Kind::strings, false);
  }
  Texts values;
  for (const auto& element : form.elements) values.push_back(element.value);
  if (form.kind != ExecForm::Kind::strings) return failed("not read as a list");
  return expect_equal<Texts>(values, test.at("expected"));
}

Verdict check_words(const Json& test) {
  const std::string input = test.at("input");
  const auto words = split_words(input, '\\');
  return expect_equal<Texts>(Texts(words.begin(), words.end()), test.at("expected"));
}

/// The flags of the case, read from an instruction that has them.
Verdict check_flags(const Json& test) {
  LogicalLine line;
  line.text = "RUN";
  for (const auto& argument : test.at("args")) line.text += ' ' + argument.get<std::string>();
  line.pieces.push_back({0, 1, 1});
  const Statement statement = split_statement(line, line.text, '\\');
  Diagnostics diagnostics({"Dockerfile", line.text});
  Reporter report(line, diagnostics);
  FlagReader flags(statement, report);
  Json values = Json::object();
  Names used;
  for (const auto& [name, declared] : test.at("declared").items()) {
    values[name] = declared.value("default", Json(nullptr));
    if (declared.at("type") == "bool") {
      const auto value = flags.boolean(name);
      if (value) values[name] = *value;
      if (value) used.insert(name);
    } else {
      const auto value = flags.word(name);
      if (value) values[name] = value->text;
      if (value) used.insert(name);
    }
  }
  flags.finish();
  if (diagnostics.has_errors() || test.contains("error")) {
    return expect_error(
        diagnostics.has_errors() ? std::optional(diagnostics.all().front().message) : std::nullopt,
        test);
  }
  if (test.contains("values") && test.at("values") != values) {
    return expect_equal<Json>(values, test.at("values"));
  }
  return test.contains("used") ? expect_equal<Names>(used, test.at("used")) : passed();
}

Verdict check_device(const Json& test) {
  const Device device = parse_device(test.at("input").get<std::string>());
  return expect_equal<Json>({{"name", device.name}, {"required", device.required}},
                            test.at("expected"));
}

/// As BuildKit's GitRef prints: what is empty is left out.
Json printed(const GitRef& ref) {
  Json json = {{"Remote", ref.remote}, {"ShortName", ref.short_name}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  add("Ref", ref.ref);
  add("Checksum", ref.checksum);
  add("SubDir", ref.subdir);
  add("MTime", ref.mtime);
  if (ref.indistinguishable_from_local) json["IndistinguishableFromLocal"] = true;
  if (ref.unencrypted) json["UnencryptedTCP"] = true;
  if (ref.fetch_by_commit) json["FetchByCommit"] = true;
  if (ref.keep_git_dir) json["KeepGitDir"] = *ref.keep_git_dir;
  if (ref.submodules) json["Submodules"] = *ref.submodules;
  return json;
}

Verdict check_git_ref(const Json& test) {
  std::optional<GitRef> ref;
  try {
    ref = parse_git_ref(test.at("input").get<std::string>());
  } catch (const Error& error) {
    return expect_error(error.what(), test);
  }
  if (test.contains("error")) return expect_error(std::nullopt, test);
  return expect_equal<Json>(ref ? printed(*ref) : Json(nullptr), test.at("expected"));
}

}  // namespace

void run_words(Score& score) {
  score.run_file("parser/git-ref.json", check_git_ref);
  score.run_file("parser/shell-words.json", check_shell);
  score.run_file("parser/shell-pattern.json", check_pattern);
  score.run_file("parser/json-form.json", check_json);
  score.run_file("parser/parse-words.json", check_words);
  score.run_file("parser/flags.json", check_flags);
  score.run_file("parser/run-device.json", check_device);
}

}  // namespace slipway::corpus
