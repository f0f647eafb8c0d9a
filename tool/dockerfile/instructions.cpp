#include "dockerfile/instructions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "dockerfile/exec_form.hpp"
#include "dockerfile/heredoc.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

bool require_arguments(const Statement& statement, Reporter& report) {
  if (!statement.arguments.empty()) return true;
  report.error(statement.written,
               fmt::format("{} requires at least one argument", statement.keyword));
  return false;
}

/// All that stands behind the keyword, as one word.
Word only_argument(const Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  if (statement.arguments.empty()) {
    report.error(statement.written,
                 fmt::format("{} requires exactly one argument", statement.keyword));
    return {};
  }
  return report.word(statement.arguments);
}

/// BuildKit drops the flags of these instructions without a word.
void warn_of_flags(const Statement& statement, Reporter& report) {
  for (const auto& flag : statement.flags) {
    report.warning(flag.written,
                   fmt::format("{} takes no flags; this one is ignored", statement.keyword),
                   "IgnoredFlag");
  }
}

bool is_stage_name(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return is_lower(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_lower(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

Body read_from(Statement& statement, Reporter& report) {
  From from;
  FlagReader flags(statement, report);
  from.platform = flags.word("platform");
  flags.finish();
  const auto words = split_blanks(statement.arguments);
  const bool named = words.size() == 3 && to_upper(words[1]) == "AS";
  if (words.size() != 1 && !named) {
    report.error(words.size() > 1 ? words[1] : statement.written,
                 "FROM requires either one or three arguments",
                 "write FROM <image>, or FROM <image> AS <name>");
    return from;
  }
  from.image = report.word(words[0]);
  if (!named) return from;
  from.alias = report.word(words[2]);
  from.name = to_lower(words[2]);
  if (!is_stage_name(from.name)) {
    report.error(words[2], fmt::format("invalid name for a stage: '{}'", printable(words[2])),
                 "it starts with a letter, and holds letters, digits, '-', '_' and '.'");
  }
  return from;
}

Body read_arg(Statement& statement, Reporter& report) {
  Arg arg;
  warn_of_flags(statement, report);
  require_arguments(statement, report);
  for (const auto word : split_words(statement.arguments, statement.escape)) {
    const std::string_view name = word.substr(0, word.find('='));
    Arg::Definition definition;
    definition.name = name;
    definition.span = report.word(name).span;
    if (name.size() < word.size()) definition.value = report.word(word.substr(name.size() + 1));
    if (name.empty()) report.error(word, "ARG names cannot be blank");
    arg.definitions.push_back(std::move(definition));
  }
  return arg;
}

/// "name value": everything behind the first blanks is the value.
std::vector<KeyValue> legacy_pair(const Statement& statement, Reporter& report) {
  const auto [name, value] = split_head(statement.arguments);
  if (!value) {
    report.error(name, fmt::format("{} must have two arguments", statement.keyword),
                 fmt::format("write {} {}=<value>", statement.keyword, printable(name)));
    return {};
  }
  return {{report.word(name), report.word(*value), true}};
}

std::vector<KeyValue> read_pairs(const Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  if (!require_arguments(statement, report)) return {};
  const auto words = split_words(statement.arguments, statement.escape);
  if (words.empty() || words.front().find('=') == std::string_view::npos) {
    return legacy_pair(statement, report);
  }
  std::vector<KeyValue> pairs;
  for (const auto word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      report.error(word, fmt::format("no '=' in '{}'", printable(word)),
                   "write name=value, with quotes around a value that holds blanks");
      continue;
    }
    if (equals == 0) {
      report.error(word, fmt::format("{} names cannot be blank", statement.keyword));
      continue;
    }
    pairs.push_back(
        {report.word(word.substr(0, equals)), report.word(word.substr(equals + 1)), false});
  }
  return pairs;
}

Body read_env(Statement& statement, Reporter& report) { return Env{read_pairs(statement, report)}; }

Body read_label(Statement& statement, Reporter& report) {
  return Label{read_pairs(statement, report)};
}

Body read_maintainer(Statement& statement, Reporter& report) {
  return Maintainer{only_argument(statement, report).text};
}

Body read_workdir(Statement& statement, Reporter& report) {
  return Workdir{only_argument(statement, report)};
}

Body read_user(Statement& statement, Reporter& report) {
  return User{only_argument(statement, report)};
}

Body read_stopsignal(Statement& statement, Reporter& report) {
  warn_of_flags(statement, report);
  if (statement.arguments.empty()) {
    report.error(statement.written, "STOPSIGNAL requires exactly one argument");
  }
  return StopSignal{report.word(statement.arguments)};
}

Body read_expose(Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  require_arguments(statement, report);
  Expose expose;
  for (const auto word : split_blanks(statement.arguments))
    expose.ports.push_back(report.word(word));
  return expose;
}

Body read_volume(Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  Volume volume{list_of_words(statement, report)};
  if (volume.paths.empty() && !report.failed()) {
    report.error(statement.written, "VOLUME requires at least one argument");
  }
  for (auto& path : volume.paths) {
    path.text = std::string(trim_space(path.text));
    if (!path.text.empty()) continue;
    report.error(statement.arguments, "VOLUME cannot be an empty string");
    break;
  }
  return volume;
}

Body read_cmd(Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  return Cmd{command_line(statement.arguments, report)};
}

Body read_entrypoint(Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  return Entrypoint{command_line(statement.arguments, report)};
}

Body read_shell(Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  if (!require_arguments(statement, report)) return Shell{};
  CommandLine command = command_line(statement.arguments, report);
  if (!command.exec_form && !report.failed()) {
    report.error(statement.arguments, "SHELL requires the arguments to be in JSON form",
                 "write SHELL [\"executable\", \"parameter\"]");
  } else if (command.arguments.empty() && !report.failed()) {
    report.error(statement.arguments, "SHELL requires at least one argument");
  }
  return Shell{std::move(command.arguments)};
}

/// The trigger as an image keeps it: the rest of the line, then the heredocs.
std::string trigger_text(const Statement& statement) {
  const std::string_view line = statement.line->text;
  const auto keyword_end =
      static_cast<std::size_t>(statement.written.data() - line.data()) + statement.written.size();
  std::string text(trim_space_left(line.substr(keyword_end)));
  for (const auto& heredoc : statement.heredocs) {
    text += '\n' + heredoc.content + heredoc.name;
  }
  return text;
}

Body read_onbuild(Statement& statement, Reporter& report) {
  FlagReader(statement, report).finish();
  Onbuild onbuild{trigger_text(statement)};
  if (!require_arguments(statement, report)) return onbuild;
  Statement trigger = split_statement(*statement.line, statement.arguments, statement.escape);
  trigger.heredocs = std::move(statement.heredocs);
  if (trigger.keyword == "ONBUILD" || trigger.keyword == "FROM" ||
      trigger.keyword == "MAINTAINER") {
    report.error(trigger.written,
                 fmt::format("{} is not allowed as an ONBUILD trigger", trigger.keyword));
    return onbuild;
  }
  if (!read_body(trigger, report.diagnostics())) report.fail();
  return onbuild;
}

using Reader = Body (*)(Statement&, Reporter&);

struct Entry {
  std::string_view keyword;
  Reader read;
};

constexpr std::array entries = {
    Entry{"ADD", read_copy},
    Entry{"ARG", read_arg},
    Entry{"CMD", read_cmd},
    Entry{"COPY", read_copy},
    Entry{"ENTRYPOINT", read_entrypoint},
    Entry{"ENV", read_env},
    Entry{"EXPOSE", read_expose},
    Entry{"FROM", read_from},
    Entry{"HEALTHCHECK", read_healthcheck},
    Entry{"LABEL", read_label},
    Entry{"MAINTAINER", read_maintainer},
    Entry{"ONBUILD", read_onbuild},
    Entry{"RUN", read_run},
    Entry{"SHELL", read_shell},
    Entry{"STOPSIGNAL", read_stopsignal},
    Entry{"USER", read_user},
    Entry{"VOLUME", read_volume},
    Entry{"WORKDIR", read_workdir},
};

/// ['a', 'b'] and ["a", "b",] were surely meant as exec form: no shell has a
/// command that starts with [ and a quote.
void warn_of_broken_list(std::string_view arguments, Reporter& report) {
  const bool meant =
      arguments.ends_with(']') && (arguments.starts_with("[\"") || arguments.starts_with("['"));
  if (!meant) return;
  report.warning(arguments, "not valid JSON, so it is a command for the shell", "ExecFormNotJson",
                 "a list needs double quotes, and commas between its elements only");
}

}  // namespace

std::optional<Body> read_body(Statement& statement, Diagnostics& diagnostics) {
  Reporter report(*statement.line, diagnostics);
  const auto* const entry = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) {
    return e.keyword == statement.keyword;
  });
  if (entry == entries.end()) {
    report.error(statement.written,
                 fmt::format("unknown instruction '{}'", printable(statement.written)),
                 did_you_mean(statement.keyword, instruction_names()));
    return std::nullopt;
  }
  Body body = entry->read(statement, report);
  if (report.failed()) return std::nullopt;
  return body;
}

const std::vector<std::string>& instruction_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& entry : entries) all.emplace_back(entry.keyword);
    return all;
  }();
  return names;
}

std::vector<Word> list_of_words(const Statement& statement, Reporter& report) {
  std::vector<Word> words;
  ExecForm form = read_exec_form(statement.arguments);
  if (form.kind == ExecForm::Kind::shell) {
    warn_of_broken_list(statement.arguments, report);
    for (const auto word : split_blanks(statement.arguments)) words.push_back(report.word(word));
    return words;
  }
  if (form.kind == ExecForm::Kind::not_strings) {
    report.error(statement.arguments, "a JSON list of arguments may hold only strings");
    return words;
  }
  for (auto& element : form.elements) {
    words.push_back({std::move(element.value), report.word(element.written).span});
  }
  return words;
}

CommandLine command_line(std::string_view arguments, Reporter& report) {
  ExecForm form = read_exec_form(arguments);
  if (form.kind == ExecForm::Kind::shell) {
    warn_of_broken_list(arguments, report);
    return {false, {std::string(arguments)}};
  }
  if (form.kind == ExecForm::Kind::not_strings) {
    report.error(arguments, "a JSON list of arguments may hold only strings");
  }
  CommandLine command{true, {}};
  for (auto& element : form.elements) command.arguments.push_back(std::move(element.value));
  return command;
}

}  // namespace slipway::dockerfile
