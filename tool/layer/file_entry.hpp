#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "layer/contents.hpp"

namespace slipway {

/// The type of a file with this st_mode; nullopt: a socket, which has no place
/// in an image.
std::optional<EntryType> entry_type(mode_t mode);

/// What a layer says of the file `name` in an open directory: its own state,
/// links not followed, without overlayfs' attributes; path, time and content
/// are left to the caller. nullopt: a socket, which has no place in an image.
std::optional<Entry> entry_of(const Fd& directory, const std::string& name,
                              const struct stat& status);

/// Does overlayfs hide what the directory's namesake beneath holds?
bool is_opaque(const Fd& directory);

/// A mark of overlayfs: something beneath was removed.
bool is_whiteout(const struct stat& status);

/// True for the attributes in which overlayfs keeps its marks.
bool is_overlay_attribute(const std::string& name);

/// Make the directory `name` hide its namesake.
void mark_opaque(const Fd& directory, const std::string& name);

}  // namespace slipway
