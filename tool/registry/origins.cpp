#include "registry/origins.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway {
namespace {

/// The newest are kept: one is enough, if it is still there.
constexpr std::size_t most_origins = 8;

// A file a blob: "<registry> <repository>" lines, the newest first.
std::filesystem::path origins_file(const Digest& blob, const Store& store) {
  return store.folder("origins") / blob.hex();
}

std::vector<std::string> read_origins(const Digest& blob, const Store& store) {
  auto lines = split(read_file_if_exists(origins_file(blob, store)).value_or(""), '\n');
  std::erase(lines, "");
  return lines;
}

}  // namespace

void note_origin(const Digest& blob, const Endpoint& endpoint, const Store& store) {
  auto lines = read_origins(blob, store);
  const auto line = fmt::format("{} {}", endpoint.registry, endpoint.repository);
  if (std::ranges::find(lines, line) != lines.end()) return;
  lines.insert(lines.begin(), line);
  lines.resize(std::min(lines.size(), most_origins));
  write_file_if_changed(origins_file(blob, store), fmt::format("{}\n", fmt::join(lines, "\n")),
                        store.folder("tmp"));
}

std::string find_origin(const Digest& blob, const Endpoint& endpoint, const Store& store) {
  for (const auto& line : read_origins(blob, store)) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && words[0] == endpoint.registry && words[1] != endpoint.repository)
      return words[1];
  }
  for (const auto& image : find_remote_images(blob, store)) {
    const auto& name = image.reference;
    if (name.registry == endpoint.registry && name.repository != endpoint.repository)
      return name.repository;
  }
  return {};
}

}  // namespace slipway
