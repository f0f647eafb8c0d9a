#pragma once

#include <filesystem>
#include <string>

#include "build/step.hpp"
#include "run/user_namespace.hpp"

namespace slipway {

/// Fill the folder of a cache mount, which is not there yet, with what a command on
/// another machine left under that id. False: nothing was, and there is no folder.
bool fetch_shared_mount(const std::string& id, const std::filesystem::path& folder,
                        const BuildContext& context, Rights rights);

/// Leave a cache mount's folder for other machines, in the place of what is there.
void share_mount(const std::string& id, const std::filesystem::path& folder,
                 const BuildContext& context, Rights rights);

}  // namespace slipway
