#pragma once

#include <string>
#include <vector>

#include "build/step.hpp"
#include "layer/view.hpp"

namespace slipway {

/// What is known of a base without its layers being here: their tables of contents,
/// which the shared cache may have, and the filesystem's shape. Where nobody has them
/// the layers are fetched and listed.

/// The .shape file of a base's step: its shape, or, where a registry has the layers,
/// which they are. What is in those is looked up when a step above asks for it.
std::string base_shape_file(const std::vector<Layer>& layers, const Store& store);

/// True for one that only says which layers they are.
bool names_layers(std::string_view shape_file);

/// The shape (layer/contents.hpp) of all layers of the base step `id` together.
Contents base_shape(const std::string& id, const BuildContext& context);

/// All layers of the step `top` and what is beneath it, lowest first, whose tables of
/// contents the store has then; none where `top` is empty.
std::vector<Layer> require_listed_layers(const std::string& top, const BuildContext& context);

}  // namespace slipway
