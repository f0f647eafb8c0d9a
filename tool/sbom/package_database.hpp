#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::sbom {

/// A package of a distribution, as its database has it.
struct SystemPackage {
  std::string name = {};
  std::string version = {};
  std::string architecture = {};
  std::string source =
      {};  ///< its source package (Alpine: origin); its own name where none is told
  std::string maintainer = {};
  std::string homepage = {};
  std::string licence = {};             ///< as it stands; Debian's database has none
  std::vector<std::string> files = {};  ///< Alpine: without leading '/'
};

/// The paragraphs of a Debian control file (deb822): names in lower case, of a value only
/// its first line.
using Paragraph = std::map<std::string, std::string, std::less<>>;
std::vector<Paragraph> parse_paragraphs(std::string_view text);

/// What is installed by /var/lib/dpkg/status (dpkg(1)), or a file of status.d as images
/// without dpkg have them, which have no "Status".
std::vector<SystemPackage> parse_dpkg_status(std::string_view text);

/// /lib/apk/db/installed (apk's installed database, v2).
std::vector<SystemPackage> parse_apk_installed(std::string_view text);

/// os-release(5).
struct OsRelease {
  std::string id = {};
  std::string version = {};  ///< VERSION_ID
  std::string name = {};     ///< NAME
  std::string cpe = {};      ///< CPE_NAME
  std::string homepage = {};
};
OsRelease parse_os_release(std::string_view text);

/// "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib"
/// (package-url's types deb and apk).
std::string deb_purl(const SystemPackage& package, const OsRelease& system);
std::string apk_purl(const SystemPackage& package, const OsRelease& system);

/// A URL as anybody may know it: without users and passwords, and of what lies on this
/// machine only what it is called ("file:name").
std::string public_url(const std::string& url);

/// A component of a package URL: all but letters, digits and ".-_~" as %XX.
std::string purl_encoded(std::string_view text);

}  // namespace slipway::sbom
