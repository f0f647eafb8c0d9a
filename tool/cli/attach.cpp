#include "container/attach.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/stored_file.hpp"
#include "cli/transfer.hpp"
#include "registry/referrers.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

/// Two things have this name: what `docker attach` does, and pushing files beside an
/// image.
struct AttachCommand {
  std::string subject = {};
  std::vector<std::string> files = {};
  std::string type = {};
  std::vector<std::string> annotations = {};
  bool takes_no_input = false;
  std::string signal_proxy = "true";

  int run() const {
    if (files.empty() && type.empty()) return attach_to_container();
    if (files.empty() || type.empty()) {
      throw Error(Errc::usage,
                  fmt::format("attach files to image '{}': {} missing", printable(subject),
                              files.empty() ? "they are" : "--artifact-type is"))
          .with_hint("see 'slipway attach --help'");
    }
    push_files();
    return 0;
  }

 private:
  int attach_to_container() const {
    if (signal_proxy != "true" && signal_proxy != "false")
      throw Error(Errc::usage, fmt::format("--sig-proxy '{}' is neither true nor false",
                                           printable(signal_proxy)));
    const auto store = open_store();
    return docker_status([&] {
      return attach_to(find_container(subject, store),
                       {.input = !takes_no_input, .passes_signals = signal_proxy == "true"});
    });
  }

  void push_files() const {
    const auto store = open_store();
    const auto use = store.in_use();
    Artifact artifact;
    artifact.type = type;
    if (type.find('/') == std::string::npos) {
      throw Error(Errc::usage,
                  fmt::format("--artifact-type '{}' is no media type", printable(type)))
          .with_hint("as application/spdx+json");
    }
    for (const auto& annotation : annotations) {
      const auto equals = annotation.find('=');
      if (equals == 0 || equals == std::string::npos) {
        throw Error(Errc::usage, fmt::format("--annotation '{}' is not of the form name=value",
                                             printable(annotation)));
      }
      artifact.annotations[annotation.substr(0, equals)] = annotation.substr(equals + 1);
    }
    const auto reference = parse_remote(subject);
    for (const auto& file : files) artifact.files.push_back(store_named_file(file, store));
    const auto http = make_http();
    fmt::print("{}\n", attach(*http, reference, artifact, store).digest.str());
  }
};

}  // namespace

void add_attach_command(Command& program, Session& session) {
  auto attaching = std::make_shared<AttachCommand>();
  auto attach = program.add(
      "attach", "Come to a container's streams; or push files beside an image of a registry");
  attach.option("name", attaching->subject, "A container's name or id; with files, an image's",
                {"", Need::required});
  attach.list("files", attaching->files, "FILE or FILE:MEDIA/TYPE", {"FILE"});
  attach.flag("--no-stdin", attaching->takes_no_input, "Our standard input stays ours");
  attach.option("--sig-proxy", attaching->signal_proxy, "Signals go to the container [true]",
                {"BOOL"});
  attach.option("--artifact-type", attaching->type, "What the files are together", {"MEDIA/TYPE"});
  attach.repeatable("--annotation", attaching->annotations,
                    "An annotation of the artifact: NAME=VALUE");
  attach.action([attaching, &session] { session.status = attaching->run(); });
}

}  // namespace slipway::cli
