#include "cli/inspect.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/images.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "container/container.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

Json describe_image(const LocatedImage& image, const std::vector<std::string>& names) {
  Json diff_ids = Json::array();
  for (const Digest& diff_id : image.config.diff_ids) diff_ids.push_back(diff_id.str());
  Json object;
  object["Id"] = image.descriptor.digest.str();
  object["RepoTags"] = names;
  object["RepoDigests"] = Json::array();
  object["Created"] = image.config.created;
  object["Author"] = image.config.author;
  object["Config"] = describe_config(image.config.config);
  object["Architecture"] = image.config.platform.architecture;
  if (!image.config.platform.variant.empty()) object["Variant"] = image.config.platform.variant;
  object["Os"] = image.config.platform.os;
  object["Size"] = stored_size(image.manifest);
  object["RootFS"] = {{"Type", "layers"}, {"Layers", diff_ids}};
  if (!image.manifest.annotations.empty()) object["Annotations"] = image.manifest.annotations;
  return object;
}

struct InspectCommand {
  std::vector<std::string> names = {};
  std::string platform = Platform::host().str();
  std::string type = {};
  std::string format = {};

  int run() const {
    const Store store = open_store();
    Json all = Json::array();
    const int status = for_each_reported(
        names, [&](const std::string& name) { all.push_back(describe(name, store)); });
    if (format.empty()) {
      if (!all.empty() || status == 0) fmt::print("{}\n", to_printable_text(all, 4));
      return status;
    }
    for (const auto& document : all) fmt::print("{}\n", fill_format(format, document));
    return status;
  }

  /// As Docker looks: containers come first.
  Json describe(const std::string& name, const Store& store) const {
    if (type != "image") {
      if (const auto container = find_container_if(name, store))
        return describe_container(*container, store);
    }
    if (type == "container") return describe_container(find_container(name, store), store);
    const OpenedImage opened = find_image(name, store, Platform::parse(platform));
    return describe_image(opened.image, names_in_store(opened.image.descriptor.digest, store));
  }
};

}  // namespace

void add_inspect_command(Command& program, Session& session) {
  auto command = std::make_shared<InspectCommand>();
  auto inspect =
      program.add("inspect", "Print what there is to know of containers and images as JSON");
  inspect.list("name", command->names, "A container, or an image", {"", Need::required});
  inspect.choice("--type", command->type, {"container", "image"}, "Only one of that kind");
  inspect.option("-f,--format", command->format, "A template, as {{.State.Status}}", {"TEMPLATE"});
  inspect.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  inspect.action([command, &session] { session.status = command->run(); });
}

}  // namespace slipway::cli
