#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci/image.hpp"
#include "oci/reference.hpp"
#include "registry/push.hpp"

namespace slipway::cli {

class Command;

/// A reference, with or without "docker://" before it. Throws Errc::input.
Reference parse_remote(std::string_view text);

/// The same for what is read: short names by registries.conf's aliases.
Reference parse_remote_source(std::string_view text);

/// --registry-mirror: $SLIPWAY_REGISTRY_MIRROR for this process.
void add_mirror_option(Command& command);

/// Push, and say on stderr what that took.
PushCounts push_and_tell(const Layout& layout, const Descriptor& entry,
                         const std::vector<Reference>& references, const Store& store);

}  // namespace slipway::cli
