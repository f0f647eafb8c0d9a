#pragma once

#include <string>

#include "base/file.hpp"
#include "layer/contents.hpp"
#include "layer/unpack.hpp"

namespace slipway {

/// Set what an entry says of an open file or directory: owner (or a
/// note of it), mode, extended attributes and times, in the order in which none
/// undoes another. Attributes that may not be set here are left out.
void set_metadata(const Fd& file, const Entry& entry, Owners owners);

/// The same for what must not be opened: symlinks, devices and fifos.
void set_metadata_at(const Fd& parent, const std::string& name, const Entry& entry, Owners owners);

}  // namespace slipway
