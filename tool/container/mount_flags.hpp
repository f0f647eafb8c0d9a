#pragma once

#include <string>
#include <vector>

#include "run/sandbox.hpp"
#include "store/store.hpp"

namespace slipway {

/// A mount that a flag asks for.
struct FlagMount {
  SandboxMount mount = {};
  bool is_filled = false;  ///< an empty volume, with what the image has there
};

/// The mounts of --volume, --mount and --tmpfs, as Docker reads their values; see
/// volumes.hpp for those.
///
/// All throw Errc::usage naming the flag and what is wrong with the value, and
/// Errc::input for a source that --mount needs to be there.
FlagMount parse_volume_flag(const std::string& text, const Store& store);
FlagMount parse_mount_flag(const std::string& text, const Store& store);
/// --device SOURCE[:TARGET[:rwm]]. Throws Errc::input where there is no such device.
SandboxMount parse_device_flag(const std::string& text);
SandboxMount parse_tmpfs_flag(const std::string& text);

}  // namespace slipway
