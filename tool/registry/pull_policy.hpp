#pragma once

#include <string>

#include "base/error.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"

namespace slipway {

/// When a registry is asked what a reference means.
enum class PullPolicy {
  missing,  ///< unless the store knows it
  always,
  never,  ///< $SLIPWAY_OFFLINE
};

/// `missing`, or `never` where $SLIPWAY_OFFLINE is set.
PullPolicy default_pull_policy();

/// An image of a registry, as people ask for it.
struct RemoteImage {
  Reference reference = {};
  Platform platform = {};
};

/// What is thrown where something of the image is not here, and may not be fetched.
Error offline_error(const RemoteImage& image);

/// "pull 'debian:12'": what errors about it begin with.
std::string pulling(const Reference& reference);

}  // namespace slipway
