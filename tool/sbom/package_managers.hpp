#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sbom/bill.hpp"
#include "sbom/licence.hpp"

namespace slipway::sbom {

/// The package of a port by what vcpkg leaves in `<prefix>/share/<port>/vcpkg.spdx.json`:
/// an SPDX document whose first package is the port, with the archives that it came from.
/// nullopt where it is no such document.
std::optional<Component> read_vcpkg_port(std::string_view json, LicenceNames& names);

/// The versions that `<installed>/vcpkg/status` has, by port: "10.1.1#2".
std::map<std::string, std::string> parse_vcpkg_status(std::string_view text);

/// A package by what Conan's generator CMakeDeps writes beside <name>-config.cmake.
struct ConanPackage {
  std::string name = {};
  std::filesystem::path folder = {};  ///< where the package lies
};

/// <name>-<configuration>-<architecture>-data.cmake; nullopt where it is none.
std::optional<ConanPackage> parse_conan_data(std::string_view text);

/// The version in <name>-config-version.cmake (or <name>ConfigVersion.cmake); empty: none.
std::string parse_config_version(std::string_view text);

/// The package as a component; `licence` as licence.hpp has it.
Component conan_component(const std::string& name, const std::string& version,
                          const std::string& licence);

}  // namespace slipway::sbom
