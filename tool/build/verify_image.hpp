#pragma once

#include <string>
#include <vector>

#include "elf/verify.hpp"
#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway {

/// A problem, and the layer that has too little: " ('/usr/lib/libc.so.6' of layer 1: ADD
/// rootfs.tar /)"; empty: nothing is there.
struct ImageProblem : elf::Problem {
  std::string provided_by = {};
};

/// Check every program and library of an image (elf/verify.hpp) that lies in its layer
/// `from` (from 0) or a later one. The image's blobs must be in the store. Problems
/// are ordered by file.
std::vector<ImageProblem> verify_image(const LocatedImage& image, const Store& store,
                                       std::size_t from = 0);

}  // namespace slipway
