#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace slipway::cli {

/// The container engine of this machine: "docker", or "podman" where there is
/// no docker in the PATH. Throws Errc::environment where there is neither.
std::string find_engine();

/// Hand the image to a running engine, as `docker load` takes it. Docker gets only the
/// layers that it lacks, where its store lets itself be asked.
void load_into_engine(const std::string& engine, const Layout& layout, const LocatedImage& image,
                      const std::vector<std::string>& names);

}  // namespace slipway::cli
