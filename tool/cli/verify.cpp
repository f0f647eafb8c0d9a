#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "build/verify_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/image_checks.hpp"
#include "cli/images.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

std::string to_json(const std::vector<ImageProblem>& problems) {
  JsonWriter json;
  json.array([&] {
    for (const auto& problem : problems) {
      json.object([&] {
        json.member("kind", elf::name_of(problem.kind));
        json.member("severity", problem.is_doubt() ? "warning" : "error");
        json.member("file", problem.file);
        json.member("needs", problem.needs);
        json.member("provider", problem.provider);
        json.member("message", problem.message);
        json.member("hint", problem.hint);
      });
    }
  });
  return std::move(json).take();
}

struct VerifyCommand {
  std::string name = {};
  std::string platform = Platform::host().str();
  bool json = false;
  bool no_warnings = false;

  void run(Session& session) const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto opened = bring_into_store(find_image(name, store, Platform::parse(platform)), store);
    const auto problems = verify_image(ImageFiles(opened.image, store), opened.image.config,
                                       no_warnings ? Doubts::hidden : Doubts::told);
    if (!std::ranges::all_of(problems, &ImageProblem::is_doubt))
      session.status = exit_status(Errc::input);
    if (json) {
      fmt::print("{}\n", to_json(problems));
      return;
    }
    for (const auto& problem : problems) {
      fmt::print(stderr, "{}", render(problem, problem.is_doubt() ? "warning" : "error"));
    }
  }
};

}  // namespace

void add_verify_command(Command& program, Session& session) {
  auto command = std::make_shared<VerifyCommand>();
  auto verify =
      program.add("verify", "Check that an image's programs find all that they need in it");
  verify.option("image", command->name, image_argument_help, {"", Need::required});
  verify.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  verify.flag(
      "--no-warnings", command->no_warnings,
      "Do not tell of what programs only seem to need (plugins, certificates, locales, ...)");
  verify.flag("--json", command->json, "Print what is wrong as JSON");
  verify.action([command, &session] { command->run(session); });
}

}  // namespace slipway::cli
