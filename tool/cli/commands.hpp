#pragma once

// One function a group of commands, each in a file of its own: it adds
// subcommands whose callbacks do the work. Callbacks throw Error; those that
// pass on another program's exit status put it into Session.

namespace CLI {
class App;
}

namespace slipway::cli {

struct Session {
  int status = 0;
};

void add_plan_commands(CLI::App& app, Session& session);   // plan, explain
void add_step_commands(CLI::App& app, Session& session);   // step, image
void add_build_command(CLI::App& app, Session& session);   // build

}  // namespace slipway::cli
