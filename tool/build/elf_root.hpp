#pragma once

#include <filesystem>
#include <vector>

#include "base/file.hpp"
#include "build/layer_files.hpp"
#include "layer/pack.hpp"
#include "layer/view.hpp"
#include "store/store.hpp"

namespace slipway {

/// Programs and libraries, in the store's "elf".
extern const LayerFileKind elf_files;

/// As much of an image's filesystem as the dynamic loader looks at: ELF files, symbolic
/// links and the loader's configuration, at their paths below `folder`; empty files for
/// others that are named as libraries.
struct ElfRoot {
  TempDir folder;
  std::vector<std::filesystem::path> files = {};  ///< the ELF files, by path
};

/// Each layer's ELF files are unpacked once and kept in the store. `view` is that of
/// `layers`.
ElfRoot make_elf_root(const std::vector<Layer>& layers, const View& view, const Store& store);

}  // namespace slipway
