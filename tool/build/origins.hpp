#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace slipway {

/// Where the files of a staged tree come from: by path in the tree, the file that was copied.
using Origins = std::map<std::string, std::filesystem::path>;

/// A line a file, "<path>\t<source>", escaped as record lines are.
std::string to_text(const Origins& origins);
Origins parse_origins(std::string_view text);

}  // namespace slipway
