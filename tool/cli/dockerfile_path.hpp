#pragma once

#include <filesystem>
#include <string>

#include "base/diagnostics.hpp"

namespace slipway::cli {

/// What names standard input where a file is asked for.
inline constexpr std::string_view standard_input = "-";

/// The name of the Dockerfile that a directory holds: as Docker writes it, else
/// "dockerfile", which Docker reads too, else Podman's "Containerfile". The first
/// of them where there is none.
std::string dockerfile_name_in(const std::filesystem::path& directory);

/// Throws Errc::input if `context` is no directory; the hint says how to name a
/// Dockerfile, where it is one.
void check_context(const std::filesystem::path& context);

/// The path of the Dockerfile: `file` (-f) if it is not empty, else the one that the
/// context holds. Throws Errc::input if there is none, with a hint at one that may
/// be meant.
std::string find_dockerfile(const std::string& file, const std::filesystem::path& context);

/// Its text, to be told of under its path. "-" is standard input.
SourceText read_dockerfile(const std::string& path);

}  // namespace slipway::cli
