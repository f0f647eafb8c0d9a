#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "sbom/bill.hpp"
#include "sbom/facts.hpp"
#include "sbom/package_database.hpp"
#include "sbom/system_files.hpp"

namespace slipway::sbom {

/// Which package a file of the machine that built comes from: vcpkg's, Conan's, one that
/// the project fetched, or the distribution's. Its component is in the bill once it was
/// asked for.
class PackageFinder {
 public:
  /// `files` are all that by_file() will be asked for, and `system` has the distribution's
  /// database, which is read once. What is read is put into `read`. The arguments must outlive the
  /// object.
  PackageFinder(const Facts& facts, SystemFiles system,
                const std::set<std::filesystem::path>& files, Bill& bill,
                std::set<std::filesystem::path>& read);

  std::optional<std::size_t> by_file(const std::filesystem::path& file);

  /// By the directory of its <Package>Config.cmake.
  std::optional<std::size_t> by_config(const std::filesystem::path& directory);

  /// What the project fetched, if the directory lies in it.
  std::optional<std::size_t> by_source(const std::filesystem::path& directory);

 private:
  void read_system(const std::set<std::filesystem::path>& files);
  std::optional<std::string> system_text(const std::string& path);
  const std::filesystem::path& real_path(const std::filesystem::path& path);
  std::optional<std::string> text_of(const std::filesystem::path& file);
  /// The folder of what vcpkg installed, around a directory; empty: none.
  const std::filesystem::path& vcpkg_root(const std::filesystem::path& directory);
  std::optional<std::size_t> vcpkg_port_of(const std::filesystem::path& file);
  std::optional<std::size_t> vcpkg_port(const std::filesystem::path& prefix,
                                        const std::string& port);
  void read_conan_packages();
  std::optional<std::size_t> conan_package_of(const std::filesystem::path& file);
  std::size_t fetched(const Facts::Fetched& what);
  std::optional<std::size_t> system_package_of(const std::filesystem::path& file);
  template <typename Make>
  std::size_t once(const std::string& key, Make&& make);

  struct ConanFolder {
    std::string name = {};
    std::string version = {};
  };

  const Facts& facts_;
  SystemFiles system_files_;
  Bill& bill_;
  std::set<std::filesystem::path>& read_;
  std::map<std::string, std::size_t> made_ = {};  ///< by a key of ours
  std::map<std::filesystem::path, std::filesystem::path> real_paths_ = {};
  std::map<std::filesystem::path, std::filesystem::path> vcpkg_roots_ = {};
  std::map<std::filesystem::path, ConanFolder> conan_ = {};
  std::map<std::filesystem::path, SystemPackage> owners_ = {};  ///< of the distribution
  OsRelease system_ = {};
};

/// The licence that the LICENSE or COPYING file of a directory is, if it says so; empty: none.
/// The file that told is put into `read`.
std::string licence_of_directory(const std::filesystem::path& directory,
                                 std::set<std::filesystem::path>& read);

}  // namespace slipway::sbom
