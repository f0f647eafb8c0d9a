#include "build/step.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/assemble.hpp"
#include "build/depfile.hpp"
#include "build/shared_cache.hpp"
#include "cli/cache_flags.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/image_checks.hpp"
#include "cli/run_flags.hpp"
#include "cli/transfer.hpp"
#include "plan/emit.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

template <typename Parse>
auto read_step_file(const std::string& path, Parse&& parse) {
  return with_context([&] { return fmt::format("read '{}'", printable(path)); },
                      [&] { return parse(read_file(path)); });
}

/// As written on the command line, which is how the build tool knows its files.
std::string directory_of(const std::string& path) {
  const auto parent = fs::path(path).parent_path().native();
  return parent.empty() ? "." : parent;
}

struct StepCommand {
  std::string path = {};
  RunFlags commands = {};
  CacheFlags cache = {};

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const SharedCache shared(cache.parsed_sources(), cache.parsed_targets());
    BuildContext context{store, directory_of(path), commands.grants(), commands.conditions()};
    context.cache = &shared;
    run_step(read_step_file(path, parse_step), context);
  }
};

/// One file in place of many: another when one of them is another.
struct GatherCommand {
  std::string output = {};
  std::vector<std::string> files = {};

  void run() const {
    Sha256 digest;
    for (const auto& file : files) digest.update(sha256_hex(read_file(file)));
    write_file_if_changed(output, digest.finish() + '\n');
  }
};

struct ImageCommand {
  std::string step = {};
  std::string layout = {};
  std::string digest_file = {};
  ImageChecks checks = {};

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto parsed = read_step_file(step, parse_image_step);
    const auto directory = directory_of(step);
    const BuildContext context{store, directory};
    const auto image = assemble(parsed, context);
    checks.run(parsed, image, context);
    auto files = write_layout(together({image}, parsed.format, store), parsed.tags, store, layout);
    if (!digest_file.empty())
      write_file_if_changed(digest_file, image.manifest.digest.str() + '\n');
    files.insert(files.end(), checks.flag_files.begin(), checks.flag_files.end());
    write_depfile(step_files(directory, "image").depfile, layout + "/index.json", std::move(files));
  }
};

}  // namespace

void add_step_commands(Command& program, Session&) {
  auto making = std::make_shared<StepCommand>();
  auto step = program.add("step", "Make one layer", edge_group);
  step.option("file", making->path, "The .step file that 'plan' wrote", {"", Need::required});
  making->commands.add_to(step);
  making->cache.add_to(step);
  add_mirror_option(step);
  step.action([making] { making->run(); });

  auto gathering = std::make_shared<GatherCommand>();
  auto gather = program.add("gather", "Make a file that stands for others", edge_group);
  gather.option("output", gathering->output, "The file to write", {"", Need::required});
  gather.list("files", gathering->files, "Files of steps", {"FILE"});
  gather.action([gathering] { gathering->run(); });

  auto command = std::make_shared<ImageCommand>();
  auto image = program.add("image", "Assemble an image's layers", edge_group);
  image.option("file", command->step, "image.step, written by 'plan'", {"", Need::required});
  image.option("--layout", command->layout, "The OCI image layout to write",
               {"DIR", Need::required});
  image.option("--digest-file", command->digest_file, "A file for the manifest's digest", {"FILE"});
  command->checks.add_to(image);
  add_mirror_option(image);
  image.action([command] { command->run(); });
}

}  // namespace slipway::cli
