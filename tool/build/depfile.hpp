#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slipway {

/// Write a Make-style depfile "target: inputs" for Ninja and CMake, only when
/// it changes. Names with a newline cannot stand in one: for those a file that
/// never exists is listed, so that the edge runs each time rather than miss a
/// change.
void write_depfile(const std::filesystem::path& path, const std::string& target, std::vector<std::string> inputs);

}  // namespace slipway
