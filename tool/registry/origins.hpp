#pragma once

#include <string>

#include "registry/endpoint.hpp"
#include "store/store.hpp"

namespace slipway {

/// Where blobs of the store are, or were, in registries: from there another
/// repository of the same registry can take them without their being sent.
void note_origin(const Digest& blob, const Endpoint& endpoint, const Store& store);

/// Another repository of that registry that has the blob; empty: none is known.
std::string find_origin(const Digest& blob, const Endpoint& endpoint, const Store& store);

}  // namespace slipway
