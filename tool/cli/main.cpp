#include "cli/main.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdio>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"

namespace slipway::cli {
namespace {


void print_error(const Error& error) {
  if (error.rendered()) {
    fmt::print(stderr, "{}", error.what());
    return;
  }
  fmt::print(stderr, "slipway: error: {}\n", error.what());
  if (!error.hint().empty()) fmt::print(stderr, "  hint: {}\n", error.hint());
}

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
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

/// CLI11's complaint as ours, with the nearest known word.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto& command = chosen(app);
  const auto unknown = command.remaining(true);
  if (unknown.empty()) {
    auto message = std::string(trim(error.what()));
    return Error(Errc::usage, message).with_hint(fmt::format("see '{} --help'", command.get_display_name()));
  }
  const auto word = unknown.front().substr(0, unknown.front().find('='));
  const bool is_flag = word.starts_with('-');
  auto hint = did_you_mean(word, is_flag ? flags_of(command) : commands_of(command));
  if (hint.empty()) hint = fmt::format("see 'slipway{} --help'", &command == &app ? "" : " " + command.get_name());
  const auto kind = is_flag ? "flag" : &command == &app ? "command" : "argument";
  return Error(Errc::usage, fmt::format("unknown {} '{}'", kind, printable(word))).with_hint(std::move(hint));
}

void set_up(CLI::App& app, Session& session) {
  app.name("slipway");
  app.set_version_flag("--version", "slipway " SLIPWAY_VERSION);
  app.require_subcommand(1);
  app.fallthrough(false);
  app.get_formatter()->column_width(28);
  app.footer("'slipway COMMAND --help' tells more. Images are kept in $SLIPWAY_STORE.");
  add_build_command(app, session);
  add_plan_commands(app, session);
  add_step_commands(app, session);
  add_stage_commands(app, session);
  add_images_commands(app, session);
  add_inspect_command(app, session);
  add_archive_commands(app, session);
  add_run_command(app, session);
}

int run(int argc, char** argv) {
  CLI::App app("Container images from Dockerfiles and CMake targets, without daemon or root.");
  Session session;
  set_up(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    throw usage_error(app, error);
  }
  return session.status;
}

}  // namespace

int main(int argc, char** argv) {
  // Names in tars are written through libarchive, which asks the locale what
  // their bytes mean; the user's must not decide that.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    print_error(error);
    return exit_status(error.code());
  } catch (const std::bad_alloc&) {
    print_error(Error(Errc::environment, "out of memory"));
    return exit_status(Errc::environment);
  } catch (const std::exception& error) {
    print_error(Error(Errc::internal, fmt::format("internal error: {}", error.what()))
                    .with_hint("this is a bug in slipway: please report it with the command line"));
    return exit_status(Errc::internal);
  }
}

}  // namespace slipway::cli
