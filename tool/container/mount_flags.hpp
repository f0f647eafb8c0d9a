#pragma once

#include <string>
#include <vector>

#include "run/sandbox.hpp"
#include "store/store.hpp"

namespace slipway {

/// The mounts of --volume, --mount and --tmpfs, as Docker reads their values. Named
/// volumes are folders of the store, "volumes/<name>", and those without a name get
/// one of random digits.
///
/// All throw Errc::usage naming the flag and what is wrong with the value, and
/// Errc::input for a source that --mount needs to be there.
SandboxMount parse_volume_flag(const std::string& text, const Store& store);
SandboxMount parse_mount_flag(const std::string& text, const Store& store);
SandboxMount parse_tmpfs_flag(const std::string& text);

/// The folder of a named volume, made where it is missing.
std::filesystem::path volume_folder(const std::string& name, const Store& store);

}  // namespace slipway
