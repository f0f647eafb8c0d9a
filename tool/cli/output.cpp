#include "cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "oci/reference.hpp"

namespace slipway::cli {
namespace {

const std::vector<std::string> known_keys = {"type", "dest", "tar"};

[[noreturn]] void refuse(std::string_view text, std::string_view why, std::string hint = {}) {
  throw Error(Errc::usage, fmt::format("--output '{}': {}", printable(text), why)).with_hint(std::move(hint));
}

std::map<std::string, std::string> parse_pairs(std::string_view text) {
  std::map<std::string, std::string> pairs;
  for (const auto& part : split(text, ',')) {
    const auto equals = part.find('=');
    const auto key = to_lower(part.substr(0, equals));
    if (equals == std::string::npos || std::ranges::find(known_keys, key) == known_keys.end()) {
      refuse(text, fmt::format("unknown attribute '{}'", printable(key)), did_you_mean(key, known_keys));
    }
    pairs[key] = part.substr(equals + 1);
  }
  return pairs;
}

}  // namespace

Output parse_output(std::string_view text) {
  if (text.find('=') == std::string_view::npos) return {Output::Kind::layout, ArchiveKind::oci, std::string(text)};
  auto pairs = parse_pairs(text);
  const auto& type = pairs["type"];
  if (type != "oci" && type != "docker") refuse(text, fmt::format("unknown type '{}'", printable(type)), "oci or docker");
  if (pairs["dest"].empty()) refuse(text, "dest is missing");
  const auto& tar = pairs["tar"];
  if (!tar.empty() && tar != "true" && tar != "false") refuse(text, "tar is neither true nor false");
  Output output;
  output.archive = type == "docker" ? ArchiveKind::docker : ArchiveKind::oci;
  output.kind = tar == "false" ? Output::Kind::layout : Output::Kind::archive;
  if (type == "docker" && tar == "false") refuse(text, "type=docker is a tar");
  output.destination = pairs["dest"];
  return output;
}

void write_output(const Output& output, const AssembledImage& image, const ImageStep& step, const Store& store) {
  if (output.kind == Output::Kind::layout) {
    write_layout(image, step, store, output.destination);
    return;
  }
  std::vector<std::string> names;
  for (const auto& tag : step.tags) names.push_back(Reference::parse(tag).str());
  const auto located = locate_image(store.blobs(), image.manifest, step.platform);
  AtomicFile file(output.destination);
  write_archive(output.archive, store.blobs(), located, names, [&](std::span<const std::byte> bytes) {
    write_all(file.fd(), bytes, output.destination.native());
  });
  std::move(file).commit();
}

}  // namespace slipway::cli
