#include <memory>

#include "base/error.hpp"
#include "build/kept_root.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {

void add_shell_command(Command& program, Session& session) {
  auto shell =
      program.add("shell", "Look into the root that a failed RUN left: shell STEP [COMMAND...]");
  shell.pass_rest();
  shell.action([shell, &session] {
    auto words = shell.rest();
    if (words.empty()) {
      throw Error(Errc::usage, "shell: no step given")
          .with_hint("its name stands in the report of the failure");
    }
    const auto store = open_store();
    session.status = KeptRoot(words.front(), store).run({words.begin() + 1, words.end()});
  });
}

}  // namespace slipway::cli
