#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway::cli {

/// How the help describes an image argument (see ImageName).
inline constexpr auto image_argument_help =
    "A name, docker://<name>, oci:<dir>, oci-archive:<file>, ...";

/// The first twelve digits of a digest.
std::string short_id(const Digest& digest);

/// The bytes of an image's layers as they are stored.
std::uint64_t stored_size(const Manifest& manifest);

/// The names that an image has in the store, as people write them.
std::vector<std::string> names_in_store(const Digest& manifest, const Store& store);

/// One line of `history`, newest first.
struct HistoryRow {
  std::string id = {};  ///< of the image for the newest, "<missing>" for the rest
  HistoryEntry entry = {};
  std::uint64_t size = 0;
};

/// `sizes`: of what each layer brings, lowest first. Layers that no entry
/// speaks of get an entry without a command.
std::vector<HistoryRow> history_rows(const LocatedImage& image,
                                     const std::vector<std::uint64_t>& sizes);

}  // namespace slipway::cli
