#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sbom/bill.hpp"
#include "sbom/package_database.hpp"
#include "store/store.hpp"

namespace slipway::sbom {

/// What was found in an image and stands in the bill now.
struct ImageContents {
  struct File {
    std::size_t component = 0;
    std::string soname = {};
    std::vector<std::string> needed = {};
    bool is_owned = false;  ///< by a package of the image's own database
  };
  /// Programs and libraries, and what was copied, by path without leading '/'.
  std::map<std::string, File> files = {};
  OsRelease system = {};
};

/// Put an image of this name into an empty bill: itself, its operating system, the
/// packages that its dpkg or apk knows, its ELF files with their build IDs, which
/// package has which of them, and which links which; and all files of the layers (from
/// 0) in `copied`. Its blobs must be in the store.
ImageContents add_image(const std::string& name, const LocatedImage& image, const Store& store,
                        Bill& bill, const std::set<std::size_t>& copied = {});

/// What the image stands on. An empty digest is not known.
void add_base(const std::string& reference, const std::string& digest, Bill& bill);

/// "pkg:oci/app@sha256%3A..." (package-url's type oci); empty for what is no reference.
std::string oci_purl(std::string_view reference, std::string_view digest);

/// The component of a package of the system, without its licence if the database has none.
Component system_component(const SystemPackage& package, const OsRelease& system, bool is_apk);

/// "usr/lib/x.so" for "/lib/x.so" and "lib/x.so": packages name files as they were before
/// /lib, /bin and /sbin became links to what lies in /usr.
std::string merged_usr(std::string_view path);

}  // namespace slipway::sbom
