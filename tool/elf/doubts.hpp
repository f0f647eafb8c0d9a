#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elf/verify.hpp"

namespace slipway::elf {

/// The image that programs will see, for what no field of an ELF file names.
struct DoubtOptions {
  struct File {
    std::string path = {};  ///< in the image: "/usr/bin/app"
    std::filesystem::path bytes = {};
    bool is_judged = true;  ///< else it is only there
  };
  std::vector<File> files = {};               ///< the image's ELF files
  std::optional<std::uint16_t> machine = {};  ///< e_machine of its programs; others are data
  /// Is there something at an absolute path of the image, symlinks followed?
  std::function<bool(const std::string& path)> exists = {};
  std::vector<std::string> environment = {};  ///< K=v
};

/// What programs seem to need and the image does not have, each with the evidence: a
/// function that they call together with a name that they hold. It is never certain: a
/// program may do without, or bring what is needed some other way. Quiet where the
/// evidence is thin; of one need the first file stands for all. glibc's rules; of musl's programs
/// only what holds for both. What is read of the files stays in `files`. Throws
/// Errc::input for a damaged file.
std::vector<Problem> find_doubts(const DoubtOptions& options, Files& files);

}  // namespace slipway::elf
