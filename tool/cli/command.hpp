#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::cli {

enum class Need { optional, required };

/// What an option's argument is called in the help; empty: nothing.
struct Argument {
  const char* name = "";
  Need need = Need::optional;
};

/// One command of the program and its options: what the commands' files know of
/// the command-line library, which is included in command.cpp alone (it costs
/// every file that includes it many seconds to compile).
///
/// Targets are set while the command line is parsed and must live until the
/// action has run. Positional arguments have a name without dashes.
class Command {
 public:
  /// The program itself.
  Command(const std::string& name, const std::string& description, const std::string& version);

  Command add(const std::string& name, const std::string& help, const std::string& group = {});

  /// One of the command's own commands must be named.
  void require_command();

  void option(const std::string& names, std::string& target, const std::string& help,
              Argument argument = {});
  void option(const std::string& names, std::filesystem::path& target, const std::string& help,
              Argument argument = {});

  /// One value each time it is given.
  void repeatable(const std::string& names, std::vector<std::string>& target,
                  const std::string& help, Argument argument = {});

  /// As many values as follow, each time it is given.
  void list(const std::string& names, std::vector<std::string>& target, const std::string& help,
            Argument argument = {});
  void list(const std::string& names, std::vector<std::filesystem::path>& target,
            const std::string& help, Argument argument = {});

  /// Calls `set` when the option is given, even with an empty value.
  void option_function(const std::string& name, std::function<void(const std::string&)> set,
                       const std::string& help, Argument argument = {});

  /// Only these words are accepted.
  void choice(const std::string& name, std::string& target, const std::vector<std::string>& words,
              const std::string& help);

  void flag(const std::string& names, bool& target, const std::string& help);

  /// "--flag" or "--flag=value", and no value apart from it: without one it is "true".
  void flag_with_value(const std::string& names, std::string& target, const std::string& help,
                       Argument argument = {});

  /// Accepted, and without effect.
  void ignored_flag(const std::string& names, const std::string& help);

  /// Options whose order matters: values() has them as they stood.
  void ordered(const std::string& name, const std::string& help, Argument argument);
  std::vector<std::pair<std::string, std::string>> ordered_values() const;

  /// -h is an option of the command, as `docker run` has it; only --help is the help.
  void keeps_short_h();

  /// All that follows the first word that is no option belongs to the action:
  /// see rest().
  void pass_rest();
  std::vector<std::string> rest() const;

  /// What the command does; called once, after parsing.
  void action(std::function<void()> run);

  void footer(const std::string& text);

  /// The help of one of the command's own commands; its own for an empty name.
  /// Throws Errc::usage with the nearest known word.
  std::string help_of(const std::string& name) const;

  /// Parse and run. Returns true when only help or the version was asked for
  /// (printed then). Throws Errc::usage with the nearest known word.
  bool parse(int argc, const char* const* argv);

 private:
  struct State;
  explicit Command(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace slipway::cli
