#pragma once

#include <string>
#include <vector>

#include "build/image_files.hpp"
#include "elf/verify.hpp"

namespace slipway {

/// A problem, and the layer that has too little: " ('/usr/lib/libc.so.6' of layer 1: ADD
/// rootfs.tar /)"; empty: nothing is there.
struct ImageProblem : elf::Problem {
  std::string provided_by = {};
};

/// Are needs told of that only seem to be there (elf/doubts.hpp)?
enum class Doubts { hidden, told };

/// Check every program and library of an image (elf/verify.hpp) that its base did not
/// bring. Problems are ordered by file.
std::vector<ImageProblem> verify_image(const ImageFiles& files, const ImageConfig& config,
                                       Doubts doubts);

}  // namespace slipway
