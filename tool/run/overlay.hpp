#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace slipway {

/// Options for mount(2) of an overlay. They name the directories by open
/// descriptors, so they are short and have no separators in them.
struct OverlayOptions {
  struct Directory {
    std::string path = {};
    Fd fd = {};
  };
  std::vector<Directory> directories = {};
  std::string text = {};
};

/// Mount it. For a child in a mount namespace of its own, where the kernel takes
/// only what was opened there: the descriptors are opened again under their
/// numbers. Returns 0 or errno; allocates nothing.
int mount_overlay(const OverlayOptions& options, const char* target) noexcept;

/// An overlay of `trees` (lowest first) with an upper and a work directory in
/// `scratch` ("upper", "work"; made here). Marks are user.overlay.* everywhere:
/// the only ones that user namespaces may set, so that a tree means the same to
/// root and to everybody else.
OverlayOptions overlay_options(const std::vector<std::filesystem::path>& trees,
                               const std::filesystem::path& scratch);

}  // namespace slipway
