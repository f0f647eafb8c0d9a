#include "build/assemble.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/blame.hpp"
#include "dockerfile/parser.hpp"
#include "oci/reference.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// The media type of a layer in the image's format, whatever format the base
/// had: the suffix says how it is compressed.
std::string layer_media_type(const std::string& base_type, ImageFormat format) {
  std::string compression;
  if (base_type.ends_with("gzip")) compression = "gzip";
  if (base_type.ends_with("zstd")) compression = "zstd";
  const auto stem =
      format == ImageFormat::docker ? media_type::docker_layer : media_type::oci_layer;
  if (compression.empty()) return std::string(stem);
  return fmt::format("{}{}{}", stem, format == ImageFormat::docker ? '.' : '+', compression);
}

/// A variant that the base has, and that nobody asks for, stays.
void set_platform(Platform& platform, const Platform& asked) {
  const bool is_same = platform.os == asked.os && platform.architecture == asked.architecture;
  auto variant = is_same && asked.variant.empty() ? platform.variant : asked.variant;
  platform = {asked.os, asked.architecture, std::move(variant)};
}

struct StageImage {
  ImageConfig config = {};
  StageScope scope = {};
};

/// What the lowest stage begins with.
StageImage base_of(const ImageStep& step, const BuildContext& context, std::vector<Layer>& layers) {
  StageImage image;
  auto& config = image.config;
  config.platform = step.platform;
  if (step.base.empty()) {
    config.config.working_dir = "/";
    return image;
  }
  auto base = require_results({step.base}, context).front();
  config = parse_image_config(context.store.blobs().read_document(base.config.value()));
  config.config.onbuild.clear();  // they have run
  if (step.platform_is_asked) set_platform(config.platform, step.platform);
  layers = std::move(base.layers);
  image.scope = std::move(base.scope);
  return image;
}

StageImage replay(const ImageStep& step, StageImage image) {
  auto& config = image.config;
  const auto created = rfc3339(step.script.epoch);
  StageState state(std::move(config.config), step.script.arguments, step.script.escape, created,
                   config.platform.os, std::move(image.scope));
  Diagnostics diagnostics(source_of(step.script));
  for (const auto& part : step.parts) {
    const auto& [text, line] = part.instruction;
    const auto instruction =
        dockerfile::parse_instruction(text, line, step.script.escape, diagnostics);
    if (!instruction) continue;
    const auto told = state.history().size();
    state.apply(*instruction, diagnostics);
    if (state.history().size() == told) continue;
    config.history.push_back(state.history().back());
    config.history.back().empty_layer = part.layer.empty();  // the plan knows
  }
  diagnostics.stop_if_errors();
  config.config = state.config();
  if (state.author()) config.author = *state.author();
  for (const auto& [key, value] : step.labels) config.config.labels[key] = value;
  config.created = created;
  image.scope = state.scope();
  return image;
}

Descriptor with_name(Descriptor manifest, const std::string& tag) {
  const auto reference = Reference::parse(tag);
  manifest.annotations[std::string(image_name_annotation)] = reference.str();
  manifest.annotations[std::string(ref_name_annotation)] = reference.tag;
  return manifest;
}

void remove_stale_blobs(const Layout& layout, const std::set<fs::path>& wanted) {
  for (const auto& entry : fs::directory_iterator(layout.root() / "blobs" / "sha256")) {
    if (wanted.contains(entry.path())) continue;
    std::error_code ignored;  // another build may be removing the same
    fs::remove(entry.path(), ignored);
  }
}

}  // namespace

AssembledImage assemble(const ImageStep& step, const BuildContext& context) {
  std::vector<Layer> layers;
  auto stage = base_of(step, context, layers);
  stage = blaming(step.script, {}, [&] { return replay(step, std::move(stage)); });
  auto& config = stage.config;

  std::vector<std::string> ids;
  for (const auto& part : step.parts) {
    if (!part.layer.empty()) ids.push_back(part.layer);
  }
  for (const auto& result : require_results(ids, context)) {
    layers.insert(layers.end(), result.layers.begin(), result.layers.end());
  }
  config.diff_ids.clear();
  AssembledImage image;
  image.scope = std::move(stage.scope);
  image.content.format = step.format;
  image.content.annotations = step.annotations;
  for (auto& layer : layers) {
    config.diff_ids.push_back(layer.diff_id);
    layer.blob.media_type = layer_media_type(layer.blob.media_type, step.format);
    layer.blob.annotations.clear();
    image.content.layers.push_back(std::move(layer.blob));
  }
  const bool docker = step.format == ImageFormat::docker;
  const auto& blobs = context.store.blobs();
  image.content.config = blobs.write_document(
      to_json(config), docker ? media_type::docker_config : media_type::oci_config);
  image.manifest = blobs.write_document(
      to_json(image.content), docker ? media_type::docker_manifest : media_type::oci_manifest);
  image.manifest.platform = config.platform;
  return image;
}

BuiltImages together(std::vector<AssembledImage> images, ImageFormat format, const Store& store) {
  if (images.size() == 1) return {images.front().manifest, std::move(images)};
  Index index;
  index.format = format;
  for (const auto& image : images) index.manifests.push_back(image.manifest);
  const bool docker = format == ImageFormat::docker;
  auto descriptor = store.blobs().write_document(
      to_json(index), docker ? media_type::docker_index : media_type::oci_index);
  return {std::move(descriptor), std::move(images)};
}

std::vector<std::string> write_layout(const BuiltImages& built,
                                      const std::vector<std::string>& tags, const Store& store,
                                      const fs::path& path) {
  const auto layout = Layout::create(path);
  std::set<fs::path> wanted;
  std::vector<std::string> files = {(path / "oci-layout").native()};
  const auto bring = [&](const Descriptor& blob) {
    const auto target = layout.blob_path(blob.digest);
    if (!wanted.insert(target).second) return;
    link_or_copy(store.blobs().blob_path(blob.digest), target);
    files.push_back(target.native());
  };
  for (const auto& image : built.images) {
    store.blobs().require(image.content.layers);
    for (const auto& layer : image.content.layers) bring(layer);
    bring(image.content.config);
    bring(image.manifest);
  }
  bring(built.descriptor);

  Index index;
  for (const auto& tag : tags) index.manifests.push_back(with_name(built.descriptor, tag));
  if (tags.empty()) index.manifests.push_back(built.descriptor);
  layout.write_index(index);
  remove_stale_blobs(layout, wanted);
  return files;
}

}  // namespace slipway
