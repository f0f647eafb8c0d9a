#pragma once

#include <string>
#include <vector>

#include "build/image_files.hpp"
#include "gate/gate.hpp"

namespace slipway {

/// What the gate is told besides the image.
struct GateOptions {
  gate::Levels levels = {};
  std::vector<std::string> build_paths = {};  ///< of build and source trees
  std::vector<gate::TargetFlags> flags = {};
};

/// Judge what an image adds to its base (gate/gate.hpp).
std::vector<gate::Finding> gate_image(const ImageFiles& files, const Platform& platform,
                                      const Store& store, const GateOptions& options);

}  // namespace slipway
