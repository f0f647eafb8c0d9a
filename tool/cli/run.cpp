#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/container_flags.hpp"
#include "cli/report.hpp"
#include "container/container.hpp"
#include "container/lifecycle.hpp"
#include "container/volumes.hpp"
#include "registry/remote_blobs.hpp"
#include "run/sandbox.hpp"

namespace slipway::cli {
namespace {

void say_what_a_chroot_lacks() {
  if (available_isolation() != Isolation::chroot) return;
  fmt::print(
      stderr,
      "slipway: note: '/' is no mount point here, so the container gets no /proc and no mounts\n");
}

Container make_described(ContainerFlags& flags, std::vector<std::string> words,
                         const Store& store) {
  flags.require_new_id_file();
  const FileLock use = store.in_use();  // until the container refers to its image
  const auto container = make_container(flags.describe(std::move(words), store), store);
  try {
    fill_volumes(container, store);
    flags.write_id(container.spec());
  } catch (const Error&) {
    remove_container(container, store, RemovedVolumes::unnamed);
    throw;
  }
  return container;
}

struct RunCommand {
  ContainerFlags flags = {};
  bool is_detached = false;
  std::string skip_status = {};

  /// Tests are skipped, not failed, by a machine that cannot run containers.
  int run_or_skip(std::vector<std::string> words) {
    if (skip_status.empty()) return run(std::move(words));
    const auto status = parse_integer(skip_status);
    if (!status || *status < 0 || *status > 255) {
      throw Error(Errc::usage,
                  fmt::format("--skip-status '{}' is no exit status", printable(skip_status)));
    }
    try {
      return run(std::move(words));
    } catch (const Error& error) {
      if (error.code() != Errc::environment) throw;
      fmt::print("skipped: {}\n", error.what());
      return static_cast<int>(*status);
    }
  }

  int run(std::vector<std::string> words) {
    if (!is_detached) require_terminal(flags.terminal, flags.interactive);
    const Store store = open_store();
    const auto container = make_described(flags, std::move(words), store);
    say_what_a_chroot_lacks();
    try {
      return is_detached ? detach(container, store) : run_attached(container, attachment(), store);
    } catch (const Error&) {
      // One that never ran leaves a container behind only when it would have stayed.
      if (container.spec().auto_remove && lstat_file(container.folder()))
        remove_container(container, store);
      throw;
    }
  }

  Attachment attachment() const {
    // What is removed at the end needs no log, and then nothing stands in between.
    return {.input = flags.interactive, .is_logged = !flags.auto_remove};
  }

  static int detach(const Container& container, const Store& store) {
    start_detached(container, store);
    fmt::print("{}\n", container.spec().id);
    return 0;
  }
};

}  // namespace

void add_run_command(Command& program, Session& session) {
  auto command = std::make_shared<RunCommand>();
  auto run =
      program.add("run", "Run a command in a new container: run [OPTIONS] IMAGE [COMMAND...]");
  command->flags.add_to(run);
  run.flag("-d,--detach", command->is_detached, "Leave it running, print its id");
  run.option("--skip-status", command->skip_status,
             "Exit with it where this machine has no sandbox (for tests)", {"N"});
  run.pass_rest();  // all that follows the image is the container's
  run.action([command, run, &session] {
    session.status = docker_status([&] { return command->run_or_skip(run.rest()); });
  });

  auto flags = std::make_shared<ContainerFlags>();
  auto create =
      program.add("create", "Make a container, for 'start': create [OPTIONS] IMAGE [COMMAND...]");
  flags->add_to(create);
  create.pass_rest();
  create.action([flags, create] {
    const Store store = open_store();
    const auto container = make_described(*flags, create.rest(), store);
    fmt::print("{}\n", container.spec().id);
  });
}

}  // namespace slipway::cli
