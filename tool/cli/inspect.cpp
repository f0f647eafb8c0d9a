#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/json.hpp"
#include "build/find_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/images.hpp"

namespace slipway::cli {
namespace {

Json string_set(const std::set<std::string>& names) {
  Json object = Json::object();
  for (const std::string& name : names) object[name] = Json::object();
  return object;
}

Json healthcheck(const Healthcheck& check) {
  Json object = {{"Test", check.test}};
  const auto add = [&](const char* key, std::int64_t value) {
    if (value != 0) object[key] = value;
  };
  add("Interval", check.interval);
  add("Timeout", check.timeout);
  add("StartPeriod", check.start_period);
  add("StartInterval", check.start_interval);
  add("Retries", check.retries);
  return object;
}

/// As Docker: what always has a value, then what is set.
Json container_config(const ContainerConfig& config) {
  Json object;
  object["User"] = config.user;
  if (!config.exposed_ports.empty()) object["ExposedPorts"] = string_set(config.exposed_ports);
  object["Env"] = config.env;
  object["Cmd"] = config.cmd ? Json(*config.cmd) : Json();
  if (config.healthcheck) object["Healthcheck"] = healthcheck(*config.healthcheck);
  if (config.args_escaped) object["ArgsEscaped"] = true;
  if (!config.volumes.empty()) object["Volumes"] = string_set(config.volumes);
  object["WorkingDir"] = config.working_dir;
  object["Entrypoint"] = config.entrypoint ? Json(*config.entrypoint) : Json();
  if (!config.onbuild.empty()) object["OnBuild"] = config.onbuild;
  object["Labels"] = config.labels.empty() ? Json() : Json(config.labels);
  if (!config.stop_signal.empty()) object["StopSignal"] = config.stop_signal;
  if (!config.shell.empty()) object["Shell"] = config.shell;
  return object;
}

Json describe_image(const LocatedImage& image, const std::vector<std::string>& names) {
  Json diff_ids = Json::array();
  for (const Digest& diff_id : image.config.diff_ids) diff_ids.push_back(diff_id.str());
  Json object;
  object["Id"] = image.descriptor.digest.str();
  object["RepoTags"] = names;
  object["RepoDigests"] = Json::array();
  object["Created"] = image.config.created;
  object["Author"] = image.config.author;
  object["Config"] = container_config(image.config.config);
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

  void run() const {
    const Store store = Store::open(Store::default_path());
    Json all = Json::array();
    for (const std::string& name : names) {
      const OpenedImage opened = find_image(name, store, Platform::parse(platform));
      all.push_back(
          describe_image(opened.image, names_in_store(opened.image.descriptor.digest, store)));
    }
    fmt::print("{}\n", to_printable_text(all, 4));
  }
};

}  // namespace

void add_inspect_command(Command& program, Session&) {
  auto command = std::make_shared<InspectCommand>();
  auto inspect = program.add("inspect", "Print an image's configuration as JSON");
  inspect.list("image", command->names, image_argument_help, {"", Need::required});
  inspect.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  inspect.action([command] { command->run(); });
}

}  // namespace slipway::cli
