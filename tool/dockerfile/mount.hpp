#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "dockerfile/ast.hpp"

namespace slipway::dockerfile {

enum class MountType { bind, cache, tmpfs, secret, ssh };
enum class CacheSharing { shared, exclusive, locked };  ///< exclusive: "private"

/// What a --mount of RUN asks for.
struct MountOptions {
  MountType type = MountType::bind;
  std::string from = {};
  std::string source = {};
  std::string target = {};
  std::string id = {};
  bool read_only = false;  ///< as given, else true but for cache and tmpfs
  bool required = false;   ///< secret, ssh
  std::int64_t size = 0;   ///< tmpfs, bytes; 0: no limit
  CacheSharing sharing = CacheSharing::shared;
  std::optional<std::string> environment = {};  ///< secret: "env"
  std::optional<std::uint32_t> mode = {};
  std::optional<std::uint32_t> uid = {};
  std::optional<std::uint32_t> gid = {};
};

/// The options of a mount, each value through `expand` first. Throws
/// Errc::input on values and combinations that BuildKit refuses.
MountOptions resolve_mount(const Mount& mount,
                           const std::function<std::string(std::string_view)>& expand);

/// What a --device of RUN asks for: "vendor/class=name[,required]".
struct Device {
  std::string name = {};
  bool required = false;
};

/// Throws Errc::input on a malformed value.
Device parse_device(std::string_view value);

}  // namespace slipway::dockerfile
