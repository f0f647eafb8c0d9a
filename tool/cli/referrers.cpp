#include "registry/referrers.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "cli/transfer.hpp"

namespace slipway::cli {
namespace {

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

void add_referrers_command(Command& program, Session&) {
  auto listing = std::make_shared<ReferrersCommand>();
  auto list = program.add("referrers", "List what refers to an image of a registry");
  list.option("image", listing->subject, "The image's name", {"", Need::required});
  list.option("--artifact-type", listing->type, "Only those of this type", {"MEDIA/TYPE"});
  list.flag("--json", listing->json, "As JSON");
  list.action([listing] { listing->run(); });
}

}  // namespace slipway::cli
