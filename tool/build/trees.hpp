#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layer/unpack.hpp"
#include "layer/view.hpp"
#include "run/user_namespace.hpp"
#include "store/store.hpp"

namespace slipway {

/// A filesystem to run a command in.
struct Rootfs {
  std::vector<std::filesystem::path> trees = {};  ///< for an overlay, lowest first; at least one
  View view = {};
};

/// The trees of the layers: each unpacked on first use and kept in the store.
/// A tree's name says all that it is made of: the layer and, where it takes
/// directories or symlinks beneath it for granted, these. So a tree is shared
/// by whatever stands on whatever.
///
/// Runs of full chunks of layers share one tree: the kernel takes 500.
Rootfs open_rootfs(const std::vector<Layer>& layers, const Store& store, Rights rights);

/// The names of those trees in the store's folder, without the suffix of rights.
std::vector<std::string> tree_names(const std::vector<Layer>& layers, const Store& store);

/// Unpack whole layers, lowest first, into one directory (made if missing).
void unpack_layers(const std::vector<Layer>& layers, const Store& store,
                   const std::filesystem::path& into, Rights rights);

/// How this process gives files their owners.
Owners owners_for(Rights rights);

/// A suffix for folders of the store whose files' owners depend on who made them.
std::string rights_suffix(Rights rights);

}  // namespace slipway
