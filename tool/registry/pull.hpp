#pragma once

#include "oci/reference.hpp"
#include "registry/session.hpp"
#include "store/store.hpp"

namespace slipway {

/// When a registry is asked what a reference means.
enum class PullPolicy {
  missing,  ///< unless the store knows it
  always,
  never,  ///< $SLIPWAY_OFFLINE
};

/// How much of an image is brought.
enum class Depth {
  documents,  ///< index, manifest and config
  layers,     ///< those too
};

/// `missing`, or `never` where $SLIPWAY_OFFLINE is set.
PullPolicy default_pull_policy();

struct PulledImage {
  Descriptor entry = {};    ///< what the reference names: a manifest or an index
  LocatedImage image = {};  ///< of it the one for the platform
};

/// Bring an image of a registry into the store. What a reference was found to
/// mean is remembered there, and no network is needed for what the store has.
/// Throws Errc::remote and Errc::integrity naming the reference; Errc::input for
/// a reference without an image for the platform, or with foreign layers.
PulledImage pull_image(Http& http, const Reference& reference, const Platform& platform,
                       const Store& store, PullPolicy policy, Depth depth = Depth::layers);

/// What the reference names now: a manifest or an index, whose document the store
/// has then.
Descriptor resolve_image(Http& http, const Reference& reference, const Store& store,
                         PullPolicy policy);

/// All images of an index, or the one image, each with all of its blobs.
Descriptor pull_all(Http& http, const Reference& reference, const Store& store, PullPolicy policy);

/// Every tag of the reference's repository.
std::vector<std::string> list_tags(Http& http, const Reference& reference);

}  // namespace slipway
