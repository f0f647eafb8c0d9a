#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace slipway {

/// Options for mount(2) of an overlay. They name the directories by open
/// descriptors, so they are short, have no separators in them, and are good for
/// this process and its children while `directories` lives.
struct OverlayOptions {
  std::vector<Fd> directories = {};
  std::string text = {};
};

/// An overlay of `trees` (lowest first) with an upper and a work directory in
/// `scratch` ("upper", "work"; made here). Marks are user.overlay.* everywhere:
/// the only ones that user namespaces may set, so that a tree means the same to
/// root and to everybody else.
OverlayOptions overlay_options(const std::vector<std::filesystem::path>& trees,
                               const std::filesystem::path& scratch);

}  // namespace slipway
