#pragma once

#include "oci/reference.hpp"
#include "registry/pull_policy.hpp"
#include "registry/session.hpp"
#include "store/store.hpp"

namespace slipway {

struct PulledImage {
  Descriptor entry = {};    ///< what the reference names: a manifest or an index
  LocatedImage image = {};  ///< of it the one for the platform
};

/// Bring the documents of a registry's image into the store: index, manifest and
/// config. Its layers are noted: they come when something reads them (RemoteBlobs).
/// What a reference was found to mean is remembered there, and no network is needed
/// for what the store has. Throws Errc::remote and Errc::integrity naming the
/// reference; Errc::input for a reference without an image for the platform, or with
/// foreign layers.
PulledImage pull_image(Http& http, const Reference& reference, const Platform& platform,
                       const Store& store, PullPolicy policy);

/// What the reference names now: a manifest or an index, whose document the store
/// has then.
Descriptor resolve_image(Http& http, const Reference& reference, const Store& store,
                         PullPolicy policy);

/// The same of all images of an index, or of the one image.
Descriptor pull_all(Http& http, const Reference& reference, const Store& store, PullPolicy policy);

/// Every tag of the reference's repository.
std::vector<std::string> list_tags(Http& http, const Reference& reference);

}  // namespace slipway
