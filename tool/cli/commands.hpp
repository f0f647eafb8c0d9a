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
void add_stage_commands(CLI::App& app, Session& session);  // stage install, files, closure
void add_build_command(CLI::App& app, Session& session);   // build

void add_images_commands(CLI::App& app, Session& session);   // images, history
void add_inspect_command(CLI::App& app, Session& session);   // inspect
void add_archive_commands(CLI::App& app, Session& session);  // save, load
void add_run_command(CLI::App& app, Session& session);       // run

}  // namespace slipway::cli
