#include "container/commit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/diagnostics.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/rootfs.hpp"
#include "container/changes.hpp"
#include "container/processes.hpp"
#include "dockerfile/parser.hpp"
#include "plan/stage_state.hpp"

namespace slipway {
namespace {

/// Those that `docker commit --change` accepts.
constexpr std::array<std::string_view, 11> accepted = {
    "CMD",     "ENTRYPOINT", "ENV",  "EXPOSE", "HEALTHCHECK", "LABEL",
    "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"};

void require_accepted(const std::string& change) {
  const auto trimmed = trim(change);
  const auto name = to_upper(trimmed.substr(0, trimmed.find_first_of(" \t")));
  if (std::ranges::find(accepted, name) != accepted.end()) return;
  throw Error(Errc::usage,
              fmt::format("--change '{}': {} changes no configuration", printable(change),
                          name.empty() ? "nothing" : printable(name)))
      .with_hint(fmt::format("it is one of {}", fmt::join(accepted, ", ")));
}

/// The image's configuration with the changes, read as lines of a Dockerfile.
ContainerConfig changed_config(ContainerConfig config, const CommitOptions& options,
                               const Platform& platform) {
  StageState state(std::move(config), {}, '\\', rfc3339(options.epoch), platform.os);
  for (const auto& change : options.changes) {
    require_accepted(change);
    Diagnostics diagnostics(SourceText{"--change", change});
    const auto instruction = dockerfile::parse_instruction(change, 1, '\\', diagnostics);
    if (instruction) state.apply(*instruction, diagnostics);
    diagnostics.stop_if_errors();
  }
  return state.config();
}

Layer pack_layer(const Container& container, const CommitOptions& options, ImageFormat format,
                 const Store& store) {
  const PausedProcesses paused(options.pauses ? container.state().pid : 0);
  const auto items = container_changes(container, options.epoch, store);
  return pack(items, {options.compression, format}, store).layer;
}

}  // namespace

Descriptor commit_container(const Container& container, const CommitOptions& options,
                            const Store& store) {
  const auto base = image_of(container, store);
  auto config = container.spec().config;
  config.config = changed_config(std::move(config.config), options, config.platform);
  auto manifest = base.manifest;
  const auto layer = pack_layer(container, options, manifest.format, store);

  config.created = rfc3339(options.epoch);
  config.author = options.author;
  config.diff_ids.push_back(layer.diff_id);
  config.history.push_back({.created = config.created,
                            .created_by = fmt::format("{}", fmt::join(container.spec().argv, " ")),
                            .author = options.author,
                            .comment = options.message});
  manifest.layers.push_back(layer.blob);
  manifest.annotations.clear();  // they speak of the image that it was
  const bool docker = manifest.format == ImageFormat::docker;
  const auto& blobs = store.blobs();
  manifest.config = blobs.write_document(
      to_json(config), docker ? media_type::docker_config : media_type::oci_config);
  auto image = blobs.write_document(
      to_json(manifest), docker ? media_type::docker_manifest : media_type::oci_manifest);
  image.platform = config.platform;
  return image;
}

}  // namespace slipway
