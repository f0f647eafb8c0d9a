#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::sbom {

/// What a project's build system knows of an image: the text that CMake writes and
/// `slipway sbom --facts` reads.
///
///   slipway-facts 1
///   <record> <name>
///   <key> <value, to the end of the line>
///
/// Records are `project`, `compiler`, `target`, `fetched`, `origins` (its name is the
/// file that `slipway stage closure --origins` wrote), `sysroot` and `toolchain`. Lines, not JSON:
/// CMake's generator expressions cannot quote what they yield. Unknown keys mean nothing.
struct Facts {
  struct Project {
    std::string name = {};
    std::string version = {};
    std::filesystem::path source_directory = {};
  };
  struct Compiler {
    std::string name = {};  ///< CMake's id: "GNU"; for other tools what they are called
    std::string version = {};
    std::string language = {};
    std::vector<std::string> libraries = {};    ///< that it links unasked: "stdc++"
    std::vector<std::string> directories = {};  ///< where it looks for them
  };
  struct Target {
    std::string name = {};
    std::string type = {};  ///< CMake's TYPE: "STATIC_LIBRARY"
    std::string version = {};
    bool is_root = false;  ///< one of the image's TARGETS
    bool is_imported = false;
    std::filesystem::path file = {};  ///< what the build makes, or an imported target's location
    std::filesystem::path source_directory = {};
    std::string package = {};  ///< of an imported target: the name that find_package() had
    std::filesystem::path package_directory = {};  ///< <Package>_DIR
    std::vector<std::string> links = {};           ///< link items: targets, files, flags
    std::string language = {};                     ///< whose compiler links it
    std::vector<std::string> static_flags = {};    ///< "-static", "-static-libstdc++", ...
  };
  struct Fetched {
    std::string name = {};
    std::string url = {};
    std::string hash = {};  ///< "SHA256=..."
    std::string repository = {};
    std::string tag = {};
    std::filesystem::path source_directory = {};
    std::filesystem::path binary_directory = {};
    std::filesystem::path install_directory = {};
  };
  std::vector<Project> projects = {};  ///< the first is the one at the top
  std::vector<Compiler> compilers = {};
  std::vector<Target> targets = {};
  std::vector<Fetched> fetched = {};
  std::vector<std::filesystem::path> origins = {};
  std::filesystem::path sysroot = "/";
  /// The .layer file of the image that all was compiled in; empty: on this machine. Files
  /// and the packages that they are of are those of that image.
  std::filesystem::path toolchain = {};
};

/// Throws Errc::input naming the line.
Facts parse_facts(std::string_view text);

}  // namespace slipway::sbom
