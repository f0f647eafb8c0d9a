#pragma once

#include <optional>
#include <string>

#include "build/step.hpp"
#include "layer/pack.hpp"

namespace slipway {

/// What another machine's build left under the step's key; nullopt: nothing, there
/// is no shared cache, or the step is to be made in any case.
std::optional<Layer> find_shared(const Step& step, const std::string& key,
                                 const BuildContext& context);

/// The same for items that would be packed: their tar is read, but not compressed.
std::optional<PackedLayer> find_shared(const Step& step, std::span<const PackItem> items,
                                       const PackOptions& packing, const BuildContext& context);

/// Whether share() would do something.
bool is_shared(const Step& step, const BuildContext& context);

/// Leave the step's layer for other machines.
void share(const Step& step, const std::string& key, const Layer& layer,
           const BuildContext& context);

}  // namespace slipway
