#pragma once

#include <cstdint>
#include <vector>

#include "fetch/http.hpp"
#include "oci/reference.hpp"
#include "store/store.hpp"

namespace slipway {

/// What became of the blobs.
struct PushCounts {
  std::uint64_t sent = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t mounted = 0;
  std::uint64_t present = 0;
};

/// Push a manifest, or an index with all that it names, whose blobs `layout` has,
/// under each of the references: blobs first, in parallel, each at most once a
/// repository; the tags last. Throws Errc::remote naming the reference.
PushCounts push_image(Http& http, const Layout& layout, const Descriptor& entry,
                      const std::vector<Reference>& references, const Store& store);

}  // namespace slipway
