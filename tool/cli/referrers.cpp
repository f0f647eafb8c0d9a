#include "registry/referrers.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/stored_file.hpp"
#include "cli/table.hpp"
#include "cli/transfer.hpp"

namespace slipway::cli {
namespace {

struct AttachCommand {
  std::string subject = {};
  std::vector<std::string> files = {};
  std::string type = {};
  std::vector<std::string> annotations = {};

  void run() const {
    const auto store = Store::open(Store::default_path());
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

struct ReferrersCommand {
  std::string subject = {};
  std::string type = {};
  bool json = false;

  void run() const {
    const auto http = make_http();
    const auto entries = list_referrers(*http, parse_remote_source(subject), type);
    if (json) return print_json(entries);
    std::vector<Row> rows = {{"DIGEST", "TYPE", "SIZE"}};
    for (const auto& entry : entries) {
      rows.push_back(
          {entry.digest.str(), printable(entry.artifact_type), std::to_string(entry.size)});
    }
    fmt::print("{}", to_table(rows));
  }

 private:
  static void print_json(const std::vector<Descriptor>& entries) {
    JsonWriter json;
    json.array([&] {
      for (const auto& entry : entries) {
        json.object([&] {
          json.member("digest", entry.digest.str());
          json.member("mediaType", entry.media_type);
          json.member("artifactType", entry.artifact_type);
          json.member("size", static_cast<std::int64_t>(entry.size));
          json.member("annotations", entry.annotations);
        });
      }
    });
    fmt::print("{}\n", std::move(json).take());
  }
};

}  // namespace

void add_referrer_commands(Command& program, Session&) {
  auto attaching = std::make_shared<AttachCommand>();
  auto attach = program.add("attach", "Push files beside an image of a registry, as its referrer");
  attach.option("image", attaching->subject, "The image's name", {"", Need::required});
  attach.list("files", attaching->files, "FILE or FILE:MEDIA/TYPE", {"FILE", Need::required});
  attach.option("--artifact-type", attaching->type, "What they are together",
                {"MEDIA/TYPE", Need::required});
  attach.repeatable("--annotation", attaching->annotations,
                    "An annotation of the artifact: NAME=VALUE");
  attach.action([attaching] { attaching->run(); });

  auto listing = std::make_shared<ReferrersCommand>();
  auto list = program.add("referrers", "List what refers to an image of a registry");
  list.option("image", listing->subject, "The image's name", {"", Need::required});
  list.option("--artifact-type", listing->type, "Only those of this type", {"MEDIA/TYPE"});
  list.flag("--json", listing->json, "As JSON");
  list.action([listing] { listing->run(); });
}

}  // namespace slipway::cli
