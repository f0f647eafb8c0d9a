#include "cli/command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <list>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway::cli {
namespace {

constexpr std::size_t help_column = 28;

/// The subcommand that the command line chose, or the program itself.
const CLI::App& chosen(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : chosen(*commands.front());
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

// CLI11 (2.1 to 2.4 at least) takes "--name=" for "--name" and the word behind it for
// the value. So an empty value travels as this character, which no word has.
constexpr char empty_value = '\x01';

bool has_empty_value(std::string_view word) {
  return word.starts_with("--") && word.size() > 3 && word.find('=') == word.size() - 1;
}

std::string without_mark(std::string word) {
  if (word.ends_with(empty_value)) word.pop_back();
  return word;
}

std::string see_help(const CLI::App& command) {
  const bool is_program = command.get_parent() == nullptr;
  return fmt::format("see 'slipway{} --help'", is_program ? "" : " " + command.get_name());
}

Error unknown_word(const CLI::App& command, const std::string& given) {
  const auto word = given.substr(0, given.find('='));
  const bool is_flag = word.starts_with('-');
  const auto commands = commands_of(command);
  auto hint = did_you_mean(word, is_flag ? flags_of(command) : commands);
  if (hint.empty()) hint = see_help(command);
  const auto* kind = is_flag ? "flag" : commands.empty() ? "argument" : "command";
  return Error(Errc::usage, fmt::format("unknown {} '{}'", kind, printable(word)))
      .with_hint(std::move(hint));
}

/// CLI11's complaint as ours, with the nearest known word.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto& command = chosen(app);
  const auto unknown = command.remaining(true);
  if (unknown.empty()) {
    std::string text(trim(error.what()));
    std::erase(text, empty_value);
    return Error(Errc::usage, std::move(text)).with_hint(see_help(command));
  }
  return unknown_word(command, unknown.front());
}

void describe(CLI::Option* option, Argument argument) {
  option->transform(without_mark);
  option->type_name(argument.name);
  if (argument.need == Need::required) option->required();
}

}  // namespace

struct Command::State {
  std::unique_ptr<CLI::App> owned = {};  ///< the program alone owns its tree
  CLI::App* app = nullptr;
  /// Where CLI11 keeps the values of ordered options; a list must not move.
  std::list<std::vector<std::string>> ordered = {};
};

Command::Command(std::shared_ptr<State> state) : state_(std::move(state)) {}

Command::Command(const std::string& name, const std::string& description,
                 const std::string& version)
    : state_(std::make_shared<State>()) {
  state_->owned = std::make_unique<CLI::App>(description, name);
  state_->app = state_->owned.get();
  state_->app->set_version_flag("--version", version);
  state_->app->get_formatter()->column_width(help_column);
}

Command Command::add(const std::string& name, const std::string& help, const std::string& group) {
  auto state = std::make_shared<State>();
  state->app = state_->app->add_subcommand(name, help);
  if (!group.empty()) state->app->group(group);
  return Command(std::move(state));
}

void Command::require_command() { state_->app->require_subcommand(1); }

void Command::option(const std::string& names, std::string& target, const std::string& help,
                     Argument argument) {
  describe(state_->app->add_option(names, target, help), argument);
}

void Command::option(const std::string& names, std::filesystem::path& target,
                     const std::string& help, Argument argument) {
  option_function(
      names, [&target](const std::string& text) { target = text; }, help, argument);
}

void Command::repeatable(const std::string& names, std::vector<std::string>& target,
                         const std::string& help, Argument argument) {
  auto* option = state_->app->add_option(names, target, help);
  option->allow_extra_args(false);
  describe(option, argument);
}

void Command::list(const std::string& names, std::vector<std::string>& target,
                   const std::string& help, Argument argument) {
  describe(state_->app->add_option(names, target, help), argument);
}

void Command::list(const std::string& names, std::vector<std::filesystem::path>& target,
                   const std::string& help, Argument argument) {
  const auto add = [&target](const std::vector<std::string>& texts) {
    target.assign(texts.begin(), texts.end());
  };
  describe(state_->app->add_option_function<std::vector<std::string>>(names, add, help), argument);
}

void Command::option_function(const std::string& name, std::function<void(const std::string&)> set,
                              const std::string& help, Argument argument) {
  describe(state_->app->add_option_function<std::string>(name, std::move(set), help), argument);
}

void Command::choice(const std::string& name, std::string& target,
                     const std::vector<std::string>& words, const std::string& help) {
  state_->app->add_option(name, target, help)
      ->transform(without_mark)
      ->check(CLI::IsMember(words))
      ->type_name("");
}

void Command::flag(const std::string& names, bool& target, const std::string& help) {
  state_->app->add_flag(names, target, help);
}

void Command::flag_with_value(const std::string& names, std::string& target,
                              const std::string& help, Argument argument) {
  describe(state_->app->add_flag(names, target, help), argument);
}

void Command::ignored_flag(const std::string& names, const std::string& help) {
  state_->app->add_flag(names)->description(help);
}

void Command::ordered(const std::string& name, const std::string& help, Argument argument) {
  describe(state_->app->add_option(name, state_->ordered.emplace_back(), help), argument);
}

std::vector<std::pair<std::string, std::string>> Command::ordered_values() const {
  std::vector<std::pair<std::string, std::string>> values;
  std::map<const CLI::Option*, std::size_t> used;
  for (const auto* option : state_->app->parse_order()) {
    values.emplace_back(option->get_lnames().front(), option->results().at(used[option]++));
  }
  return values;
}

void Command::keeps_short_h() {
  state_->app->set_help_flag("--help", "Print this help message and exit");
}

void Command::pass_rest() { state_->app->prefix_command(); }

std::vector<std::string> Command::rest() const {
  auto words = state_->app->remaining();
  for (auto& word : words) word = without_mark(std::move(word));
  // What comes first would be a name; CLI11 takes a flag that it does not know for one.
  if (!words.empty() && words.front().starts_with('-'))
    throw unknown_word(*state_->app, words.front());
  return words;
}

void Command::action(std::function<void()> run) { state_->app->callback(std::move(run)); }

void Command::footer(const std::string& text) { state_->app->footer(text); }

std::string Command::help_of(const std::string& name) const {
  // CLI11's help() would speak of the command that was parsed.
  const auto help = [](const CLI::App& app, const std::string& title) {
    return app.get_formatter()->make_help(&app, title, CLI::AppFormatMode::Normal);
  };
  if (name.empty()) return help(*state_->app, state_->app->get_name());
  const auto names = commands_of(*state_->app);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw Error(Errc::usage, fmt::format("unknown command '{}'", printable(name)))
        .with_hint(did_you_mean(name, names));
  }
  return help(*state_->app->get_subcommand(name), state_->app->get_name() + " " + name);
}

bool Command::parse(int argc, const char* const* argv) {
  auto& app = *state_->app;
  std::vector<std::string> words(argv, argv + argc);
  for (auto& word : words) {
    if (has_empty_value(word)) word += empty_value;
  }
  std::vector<const char*> marked;
  for (const auto& word : words) marked.push_back(word.c_str());
  try {
    app.parse(argc, marked.data());
  } catch (const CLI::Success& request) {
    app.exit(request);  // prints the help or the version
    return true;
  } catch (const CLI::ParseError& error) {
    throw usage_error(app, error);
  }
  return false;
}

}  // namespace slipway::cli
