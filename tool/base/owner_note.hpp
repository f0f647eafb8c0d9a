#pragma once

#include <cstdint>

namespace slipway {

// A user who may give files no owner but itself keeps what they would be in
// attributes: of regular files and directories, for others can have none. Their
// values are these structures as they lie in memory; they never leave the machine.

/// Whom the file belongs to.
inline constexpr const char* owner_attribute = "user.slipway.owner";
struct OwnerNote {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// The file stands for a device.
inline constexpr const char* device_attribute = "user.slipway.device";
struct DeviceNote {
  std::uint32_t type = 0;  ///< S_IFCHR or S_IFBLK
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
};

/// Whom a symlink or fifo belongs to: the records of a file, in the order in
/// which they were noted. What is there was made by the command, so its number
/// and time of birth tell it, whatever it is called now.
struct LinkNote {
  std::uint64_t inode = 0;
  std::int64_t born_ns = 0;
  OwnerNote owner = {};
};

}  // namespace slipway
