#include "lint/shell_commands.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace slipway::lint {
namespace {

constexpr std::array<std::string_view, 16> keywords = {
    "if", "then", "else", "elif",  "fi",   "do",   "done",    "while",
    "{",  "}",    "!",    "until", "exec", "time", "command", "env"};

bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  return std::ranges::all_of(word.substr(0, equals), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class CommandSplitter {
 public:
  explicit CommandSplitter(std::string_view text) : rest_(text) {}

  std::vector<ShellCommand> run() {
    while (!rest_.empty()) step();
    finish_command(false);
    return std::move(commands_);
  }

 private:
  void step() {
    const char c = rest_.front();
    if (c == ' ' || c == '\t' || c == '\r') return take(1), finish_word();
    if (c == '#' && !in_word_) return take(std::min(rest_.find('\n'), rest_.size()));
    if (c == '\n' || c == ';' || c == '(' || c == ')') return take(1), finish_command(false);
    if (c == '|' || c == '&') return take_operator(c);
    if (c == '>' || c == '<') return take_redirection();
    if (c == '\'' || c == '"') return take_quoted(c);
    if (c == '\\') return take_escaped();
    if (rest_.starts_with("$(") || rest_.starts_with("${")) return take_nested();
    if (c == '`') return take_backquoted();
    add(rest_.substr(0, 1));
    take(1);
  }

  void take(std::size_t count) { rest_.remove_prefix(count); }

  void add(std::string_view text) {
    word_ += text;
    in_word_ = true;
  }

  void take_operator(char c) {
    const bool doubled = rest_.size() > 1 && rest_[1] == c;
    take(doubled ? 2 : 1);
    finish_command(c == '|' && !doubled);
  }

  /// The target is no argument of the command; neither is a descriptor in front.
  void take_redirection() {
    if (word_.find_first_not_of("0123456789") == std::string::npos) word_.clear(), in_word_ = false;
    finish_word();
    while (!rest_.empty() && std::string_view("<>&").find(rest_.front()) != std::string_view::npos)
      take(1);
    skips_word_ = true;
  }

  void take_quoted(char quote) {
    take(1);
    in_word_ = true;
    while (!rest_.empty() && rest_.front() != quote) {
      if (quote == '"' && rest_.front() == '\\' && rest_.size() > 1) take(1);
      add(rest_.substr(0, 1));
      take(1);
    }
    if (!rest_.empty()) take(1);
  }

  void take_escaped() {
    take(1);
    if (rest_.empty()) return;
    if (rest_.front() != '\n') add(rest_.substr(0, 1));
    take(1);
  }

  void take_nested() {
    const char open = rest_[1];
    const char close = open == '(' ? ')' : '}';
    std::size_t depth = 0;
    std::size_t at = 1;
    for (; at < rest_.size(); ++at) {
      if (rest_[at] == open) ++depth;
      if (rest_[at] == close && --depth == 0) break;
    }
    const std::size_t size = std::min(at + 1, rest_.size());
    add(rest_.substr(0, size));
    take(size);
  }

  void take_backquoted() {
    const std::size_t end = rest_.find('`', 1);
    const std::size_t size = end == std::string_view::npos ? rest_.size() : end + 1;
    add(rest_.substr(0, size));
    take(size);
  }

  void finish_word() {
    if (!std::exchange(in_word_, false)) return;
    auto word = std::exchange(word_, {});
    if (std::exchange(skips_word_, false)) return;
    const bool is_first = command_.words.empty();
    if (is_first && std::ranges::find(keywords, word) != keywords.end()) return;
    auto& words = is_first && is_assignment(word) ? command_.assignments : command_.words;
    words.push_back(std::move(word));
  }

  void finish_command(bool piped) {
    finish_word();
    skips_word_ = false;
    auto command = std::exchange(command_, {});
    if (command.words.empty()) return;
    drop_interpreter(command.words);
    command.piped_into_next = piped;
    commands_.push_back(std::move(command));
  }

  /// "python3 -u -m pip" is pip.
  static void drop_interpreter(std::vector<std::string>& words) {
    if (!file_name(words.front()).starts_with("python")) return;
    const auto flag = std::find_if(words.begin() + 1, words.end(), [](const std::string& word) {
      return word == "-m" || !word.starts_with('-');
    });
    if (flag == words.end() || *flag != "-m" || flag + 1 == words.end()) return;
    words.erase(words.begin(), flag + 1);
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;
  bool skips_word_ = false;  ///< the next word is where a redirection goes
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
};

bool is_shell(std::string_view program) {
  constexpr std::array<std::string_view, 5> shells = {"sh", "bash", "ash", "dash", "zsh"};
  return std::ranges::find(shells, program) != shells.end();
}

void append(std::vector<ShellCommand>& all, std::vector<ShellCommand> more) {
  std::ranges::move(more, std::back_inserter(all));
}

}  // namespace

bool ends_with_one_of(std::string_view word, Names endings) {
  return std::ranges::any_of(endings, [&](std::string_view end) { return word.ends_with(end); });
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

std::string_view ShellCommand::program() const { return file_name(words.front()); }

bool ShellCommand::has(std::string_view word) const {
  return std::ranges::find(words, word) != words.end();
}

bool ShellCommand::has_flag(std::string_view flag) const {
  const bool is_short = flag.size() == 2;
  return std::ranges::any_of(words, [&](const std::string& word) {
    if (word == flag) return true;
    if (!is_short) return word.starts_with(flag) && word[flag.size()] == '=';
    return word.size() > 2 && word[0] == '-' && word[1] != '-' &&
           word.find(flag[1]) != std::string::npos;
  });
}

std::vector<std::string_view> ShellCommand::operands(Names valued_flags) const {
  std::vector<std::string_view> result;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_one_of(words[i], valued_flags)) {
      ++i;
    } else if (!words[i].starts_with('-')) {
      result.emplace_back(words[i]);
    }
  }
  return result;
}

std::vector<ShellCommand> split_commands(std::string_view text) {
  return CommandSplitter(text).run();
}

std::vector<ShellCommand> commands_of(const dockerfile::Run& run) {
  const auto& arguments = run.command.arguments;
  if (run.command.exec_form) {
    if (arguments.empty() || arguments.front().empty()) return {};
    const ShellCommand command{arguments, {}, false};
    if (is_shell(command.program()) && arguments.size() > 2 && arguments[1].ends_with('c')) {
      return split_commands(arguments[2]);
    }
    return {command};
  }
  auto all = split_commands(arguments.empty() ? std::string_view() : arguments.front());
  const bool runs_heredocs = all.empty() || (all.size() == 1 && is_shell(all.front().program()));
  for (const auto& heredoc : run.heredocs) {
    if (runs_heredocs) append(all, split_commands(heredoc.content));
  }
  return all;
}

std::vector<std::string_view> operands_of(const ShellCommand& command, Names programs, Names verbs,
                                          Names valued_flags) {
  if (!is_one_of(command.program(), programs)) return {};
  auto operands = command.operands(valued_flags);
  if (operands.empty() || !is_one_of(operands.front(), verbs)) return {};
  operands.erase(operands.begin());
  return operands;
}

}  // namespace slipway::lint
