#include "cli/main.hpp"

#include <fmt/format.h>

#include <clocale>
#include <cstdio>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"

namespace slipway::cli {
namespace {

void add_commands(Command& program, Session& session) {
  add_build_command(program, session);
  add_run_command(program, session);
  add_container_commands(program, session);
  add_attach_command(program, session);
  add_container_file_commands(program, session);
  add_shell_command(program, session);
  add_images_commands(program, session);
  add_tag_commands(program, session);
  add_prune_command(program, session);
  add_inspect_command(program, session);
  add_archive_commands(program, session);
  add_transfer_commands(program, session);
  add_referrers_command(program, session);
  add_verify_command(program, session);
  add_gate_command(program, session);
  add_why_command(program, session);
  add_sbom_command(program, session);
  add_provenance_command(program, session);
  add_copy_command(program, session);
  add_lock_command(program, session);
  add_index_command(program, session);
  add_login_commands(program, session);
  add_plan_commands(program, session);
  add_lint_commands(program, session);
  add_doctor_command(program, session);
  add_step_commands(program, session);
  add_stage_commands(program, session);
}

int run(int argc, char** argv) {
  Command program("slipway",
                  "Container images from Dockerfiles and CMake targets, without daemon or root.",
                  "slipway " SLIPWAY_VERSION);
  program.require_command();
  program.footer("'slipway COMMAND --help' tells more. Images are kept in $SLIPWAY_STORE.");
  Session session;
  add_commands(program, session);
  if (program.parse(argc, argv)) return 0;
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
