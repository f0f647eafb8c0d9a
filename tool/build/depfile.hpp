#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slipway {

/// Write a depfile "target: inputs" for Ninja, and for CMake, which translates
/// it for Ninja and make, only when it changes. Names that one of these cannot
/// take (see the .cpp file) stand for a file that never exists, so that the
/// edge runs each time rather than miss a change.
void write_depfile(const std::filesystem::path& path, const std::string& target,
                   std::vector<std::string> inputs);

}  // namespace slipway
