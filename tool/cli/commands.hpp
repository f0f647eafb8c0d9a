#pragma once

// One function a group of commands, each in a file of its own: it adds
// subcommands whose callbacks do the work. Callbacks throw Error; those that
// pass on another program's exit status put it into Session.

namespace slipway::cli {

class Command;

/// Where the help lists the commands that build edges run.
inline constexpr auto edge_group = "Run by build edges";

struct Session {
  int status = 0;
};

void add_plan_commands(Command& program, Session& session);   // plan, explain
void add_step_commands(Command& program, Session& session);   // step, image
void add_stage_commands(Command& program, Session& session);  // stage install, files, closure
void add_lint_commands(Command& program, Session& session);   // lint, help
void add_build_command(Command& program, Session& session);   // build

void add_images_commands(Command& program, Session& session);   // images, history
void add_inspect_command(Command& program, Session& session);   // inspect
void add_archive_commands(Command& program, Session& session);  // save, load
void add_run_command(Command& program, Session& session);       // run, create
void add_container_commands(Command& program,
                            Session& session);  // ps, start, stop, exec, logs, ...
void add_container_file_commands(Command& program, Session& session);  // cp, diff, commit
void add_tag_commands(Command& program, Session& session);             // tag, rmi
void add_prune_command(Command& program, Session& session);            // prune
void add_shell_command(Command& program, Session& session);            // shell
void add_doctor_command(Command& program, Session& session);           // doctor
void add_transfer_commands(Command& program, Session& session);        // push, pull, ls
void add_verify_command(Command& program, Session& session);           // verify
void add_why_command(Command& program, Session& session);              // why
void add_gate_command(Command& program, Session& session);             // gate
void add_sbom_command(Command& program, Session& session);             // sbom
void add_provenance_command(Command& program, Session& session);       // provenance
void add_attach_command(Command& program, Session& session);           // attach
void add_referrers_command(Command& program, Session& session);        // referrers
void add_copy_command(Command& program, Session& session);             // copy
void add_lock_command(Command& program, Session& session);             // lock
void add_index_command(Command& program, Session& session);            // index
void add_login_commands(Command& program, Session& session);           // login, logout

}  // namespace slipway::cli
