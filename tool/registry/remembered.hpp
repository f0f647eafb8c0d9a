#pragma once

#include <optional>
#include <vector>

#include "oci/reference.hpp"
#include "store/store.hpp"

namespace slipway {

/// What the store knows of a reference: the manifest or index that it meant when
/// a registry was asked last. nullopt: nothing, or the document is gone.
std::optional<Descriptor> recall_reference(const Reference& reference, const Store& store);

void remember_reference(const Reference& reference, const Descriptor& entry, const Store& store);

/// All that references were found to mean.
std::vector<Descriptor> remembered_references(const Store& store);

}  // namespace slipway
