#include "cli/engine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "layer/archive.hpp"

namespace slipway::cli {

std::string find_engine() {
  const char* path = std::getenv("PATH");
  for (const std::string engine : {"docker", "podman"}) {
    for (const auto& folder : split(path == nullptr ? "/usr/bin" : path, ':')) {
      if (::access(fmt::format("{}/{}", folder, engine).c_str(), X_OK) == 0) return engine;
    }
  }
  throw Error(Errc::environment, "load the image: there is neither docker nor podman in the PATH")
      .with_hint("write an archive instead: --output type=docker,dest=image.tar");
}

namespace {

using DiffIds = std::vector<std::string>;

/// The layers of each image that docker has, lowest first; none where it does not say.
std::vector<DiffIds> layers_in_docker() {
  const auto listed = run_captured({.argv = {"docker", "image", "ls", "--quiet", "--no-trunc"}});
  if (listed.status != 0) return {};
  slipway::Command inspect{
      .argv = {"docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}"}};
  std::set<std::string> ids;  // an image is listed once a name
  for (const auto& line : split(listed.output, '\n')) {
    if (!line.empty() && ids.insert(line).second) inspect.argv.push_back(line);
  }
  if (ids.empty()) return {};
  std::vector<DiffIds> images;
  for (const auto& line : split(run_captured(inspect).output, '\n')) {
    const auto layers = try_parse_json(line);
    if (layers && layers->is_array()) images.push_back(layers->get<DiffIds>());
  }
  return images;
}

/// So many of the image's lowest layers are those of an image that docker has.
std::size_t layers_known_to_docker(const LocatedImage& image) {
  DiffIds own;
  for (const auto& diff_id : image.config.diff_ids) own.push_back(diff_id.str());
  std::size_t known = 0;
  for (const auto& layers : layers_in_docker()) {
    const auto [end, ignored] = std::ranges::mismatch(own, layers);
    known = std::max(known, static_cast<std::size_t>(end - own.begin()));
  }
  return known;
}

/// False where nothing is known, or docker wants all: its newer image store does.
bool load_missing(const Layout& layout, const LocatedImage& image,
                  const std::vector<std::string>& names) {
  const auto known = layers_known_to_docker(image);
  if (known == 0) return false;
  const auto loaded = run_fed_captured({.argv = {"docker", "load"}}, [&](const ByteSink& write) {
    write_docker_archive(layout, image, names, known, write);
  });
  if (loaded.status != 0) return false;
  fmt::print("{}", loaded.output);
  return true;
}

}  // namespace

void load_into_engine(const std::string& engine, const Layout& layout, const LocatedImage& image,
                      const std::vector<std::string>& names) {
  const int status =
      with_context([&] { return fmt::format("load into {}", engine); },
                   [&] {
                     if (engine == "docker" && load_missing(layout, image, names)) return 0;
                     return run_fed({.argv = {engine, "load"}}, [&](const ByteSink& write) {
                       write_archive(ArchiveKind::docker, layout, image, names, write);
                     });
                   });
  if (status == 0) return;
  throw Error(Errc::environment,
              fmt::format("load into {}: '{} load' exited with status {}", engine, engine, status));
}

}  // namespace slipway::cli
