#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace slipway {

/// "a/b" of "a/b/c"; empty for a name in the root.
std::string_view parent_name(std::string_view path);

/// "c" of "a/b/c".
std::string_view base_name(std::string_view path);

/// "directory/name"; either may be empty.
std::string join_path(std::string_view directory, std::string_view name);

/// Cuts the first part off a path and returns it; slashes are skipped, an
/// empty result means that there is no more.
std::string_view take_part(std::string_view& path);

/// open_in_root() for paths of any length. What is longer than the kernel
/// takes in one call is walked part by part from there on, and symlinks in
/// that rest are not followed: nothing is there.
std::optional<Fd> open_long_in_root(const Fd& root, std::string_view path, int flags);

}  // namespace slipway
