#pragma once

#include <string>
#include <vector>

#include "elf/verify.hpp"
#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway {

/// Check every program and library of an image (elf/verify.hpp) that lies in its layer
/// `from` (from 0) or a later one. The image's blobs must be in the store. Problems
/// are ordered by file.
std::vector<elf::Problem> verify_image(const LocatedImage& image, const Store& store, std::size_t from = 0);

/// A problem as the one line of a diagnostic, with the layer that has too little:
/// "'/usr/bin/app' needs GLIBC_2.38 of libc.so.6, the image's has up to GLIBC_2.36
/// ('/usr/lib/libc.so.6' of layer 1: ADD rootfs.tar /)".
std::string describe(const elf::Problem& problem, const LocatedImage& image, const Store& store);

}  // namespace slipway
