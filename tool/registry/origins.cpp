#include "registry/origins.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "registry/blob_notes.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway {
namespace {

// "<registry> <repository>" lines.
BlobNotes origins_in(const Store& store) { return {store, "origins"}; }

}  // namespace

void note_origin(const Digest& blob, const Endpoint& endpoint, const Store& store) {
  origins_in(store).note(blob, fmt::format("{} {}", endpoint.registry, endpoint.repository));
}

std::string find_origin(const Digest& blob, const Endpoint& endpoint, const Store& store) {
  for (const auto& line : origins_in(store).read(blob)) {
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
