#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layer/pack.hpp"

namespace slipway {

/// What a build tree knows of one path of one layer. Empty: it does not know.
struct BuildOrigin {
  std::string step = {};       ///< "0-2"
  std::string place = {};      ///< the instruction: "Dockerfile:7"
  std::string call = {};       ///< of CMake, that the Dockerfile was made for: "CMakeLists.txt:8"
  std::string reference = {};  ///< the base that brought the layer
  std::string copied = {};     ///< the file or directory that COPY read
  std::string staged = {};     ///< where that was taken from: a build product, a system library
  std::string target = {};     ///< of CMake, that makes it
  std::vector<std::string> sources = {};  ///< the target's
};

/// The folder of the steps whose image is in this layout: made by add_container_image()
/// or `slipway plan`. nullopt: nobody left one.
std::optional<std::filesystem::path> steps_of_layout(const std::filesystem::path& layout);

/// nullopt: no step in `directory` made that layer.
std::optional<BuildOrigin> origin_of(std::string_view path, const Layer& layer,
                                     const std::filesystem::path& directory);

}  // namespace slipway
