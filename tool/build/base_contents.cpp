#include "build/base_contents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/compression.hpp"
#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/rootfs.hpp"
#include "build/scene.hpp"
#include "build/shared_cache.hpp"
#include "build/step_chain.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway {
namespace {

constexpr std::string_view shape_header = "slipway-layers 1\n";
constexpr std::string_view tables_header = "slipway-tables 1";
constexpr std::string_view tables_media_type = "application/vnd.slipway.contents.v1+zstd";

bool shares(const BuildContext& context) {
  return context.cache != nullptr && context.cache->has_targets();
}

bool has_remote(const std::vector<Layer>& layers, const Store& store) {
  return std::ranges::any_of(
      layers, [&](const Layer& layer) { return is_remote_blob(layer.blob.digest, store); });
}

Contents merged_shape(const std::vector<Layer>& layers, const Store& store) {
  return shape_of(flatten(view_of(layers, store)));
}

std::string digest_of(std::string_view kind, const std::vector<Layer>& layers) {
  Sha256 digest;
  digest.update(kind);
  for (const auto& layer : layers) digest.update('\n' + layer.diff_id.str());
  return digest.finish();
}

/// The tables of a base's layers as one blob, of which other machines make theirs:
///   slipway-tables 1
///   <diff ID> <bytes>
///   <that many bytes: the table>
///   ...
Layer pack_tables(const std::vector<Layer>& layers, const Store& store) {
  auto writer = store.blobs().begin();
  Compressor compressor(Compression::parse("zstd"),
                        [&](std::span<const std::byte> bytes) { writer.write(bytes); });
  Sha256 whole;
  const auto add = [&](std::string_view text) {
    whole.update(text);
    compressor.write(std::as_bytes(std::span(text)));
  };
  add(fmt::format("{}\n", tables_header));
  for (const auto& layer : layers) {
    const auto table = to_text(contents_of(layer, store));
    add(fmt::format("{} {}\n", layer.diff_id.str(), table.size()));
    add(table);
  }
  compressor.finish();
  return {std::move(writer).commit(tables_media_type), Digest::from_hex(whole.finish())};
}

std::string unpacked_text(const Descriptor& blob, const Store& store) {
  std::string text;
  Decompressor decompressor([&](std::span<const std::byte> bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  auto reader = store.blobs().read(blob);
  std::vector<std::byte> buffer(std::size_t{64} * 1024);
  while (const auto count = reader.read(buffer)) decompressor.write(std::span(buffer).first(count));
  decompressor.finish();
  return text;
}

/// Those of the tables that are about the layers. What is malformed ends it.
void take_tables(std::string_view text, const std::vector<Layer>& layers, const Store& store) {
  const auto next_line = [&] {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
  };
  if (next_line() != tables_header) return;
  while (!text.empty()) {
    const auto words = split(next_line(), ' ');
    const auto size = words.size() == 2 ? parse_integer(words[1]) : std::nullopt;
    if (!size || *size < 0 || static_cast<std::uint64_t>(*size) > text.size()) return;
    const auto table = text.substr(0, static_cast<std::size_t>(*size));
    text.remove_prefix(table.size());
    const auto diff_id = Digest::parse(words[0]);
    if (std::ranges::find(layers, diff_id, &Layer::diff_id) == layers.end()) continue;
    (void)parse_contents(table);  // throws where it is none
    store.write_contents(diff_id, table);
  }
}

void ask_for_tables(const std::string& key, const std::vector<Layer>& layers,
                    const BuildContext& context) {
  if (context.cache == nullptr || !context.cache->has_sources()) return;
  const auto is_here = [&](const Layer& layer) {
    return context.store.has_contents(layer.diff_id) || context.store.blobs().contains(layer.blob);
  };
  if (std::ranges::all_of(layers, is_here)) return;
  const auto found = context.cache->find(key, context.store);
  if (!found) return;
  try {
    take_tables(unpacked_text(found->blob, context.store), layers, context.store);
  } catch (const Error&) {
    // Damaged: the layers tell.
  }
}

/// See that the store has the tables of the base's layers, and that those who share
/// its results have them, too.
void require_tables(const std::string& id, const std::vector<Layer>& layers,
                    const BuildContext& context) {
  const auto key = digest_of("slipway-tables 1", layers);
  ask_for_tables(key, layers, context);
  require_contents(layers, context.store);
  // The layers of a folder or an archive are read by each machine.
  if (!shares(context) || !has_remote(layers, context.store)) return;
  const bool is_of_image = find_step(id, context)->is_of_image;
  context.cache->keep(
      key, [&] { return pack_tables(layers, context.store); }, is_of_image, context.store);
}

std::optional<Contents> read_shape(const std::filesystem::path& path) {
  const auto text = read_file_if_exists(path);
  if (!text) return std::nullopt;
  try {
    return parse_contents(*text);
  } catch (const Error&) {
    return std::nullopt;  // damaged: it is made again
  }
}

}  // namespace

std::string base_shape_file(const std::vector<Layer>& layers, const Store& store) {
  if (!has_remote(layers, store)) return to_text(merged_shape(layers, store));
  std::string text(shape_header);
  for (const auto& layer : layers) text += layer.diff_id.str() + '\n';
  return text;
}

bool names_layers(std::string_view shape_file) { return shape_file.starts_with(shape_header); }

Contents base_shape(const std::string& id, const BuildContext& context) {
  const auto layers = require_results({id}, context).front().layers;
  // Much shorter than the tables, and read by each COPY above the base.
  const auto file = context.store.folder("shapes") / digest_of("slipway-shape 1", layers);
  auto known = read_shape(file);
  if (known && !shares(context)) return *std::move(known);
  require_tables(id, layers, context);
  if (known) return *std::move(known);
  auto shape = merged_shape(layers, context.store);
  write_file_if_changed(file, to_text(shape), context.store.folder("tmp"));
  return shape;
}

std::vector<Layer> require_listed_layers(const std::string& top, const BuildContext& context) {
  std::vector<Layer> layers;
  for (const auto& id : chain_of(top, context)) {
    const auto result = require_results({id}, context).front();
    if (result.config) require_tables(id, result.layers, context);
    layers.insert(layers.end(), result.layers.begin(), result.layers.end());
  }
  return layers;
}

}  // namespace slipway
