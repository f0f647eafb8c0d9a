#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::sbom {

/// What a component is, as far as the two formats tell kinds apart.
enum class Kind {
  image,
  base_image,
  operating_system,
  application,
  library,
  file,            ///< one file of the image
  system_package,  ///< of a distribution: deb, apk
  source,          ///< what a library was compiled from: a repository, an archive
  compiler,        ///< and other tools of the build
};

/// An algorithm that both formats know, by SPDX's name ("SHA256"), and lower-case hex digits.
struct Checksum {
  std::string algorithm = {};
  std::string value = {};
};

/// A checksum as others write it ("sha256", "SHA3_256"); nullopt where it is none.
std::optional<Checksum> checksum_of(std::string_view algorithm, std::string_view value);

/// The text if it is a URI of a web server, else nothing: formats want no other homepage.
std::string web_address(std::string_view text);

/// One thing that the image holds, stands on, or was made of or by. Texts that are
/// not known are empty.
struct Component {
  Kind kind = Kind::library;
  std::string name = {};
  std::string version = {};
  std::string supplier = {};  ///< an organisation
  std::string licence = {};   ///< an SPDX licence expression (see licence.hpp)
  std::string purl = {};
  std::string cpe = {};
  std::string homepage = {};
  std::string download = {};  ///< a URL, or SPDX's "git+<url>@<commit>"
  std::string comment = {};
  std::string build_id = {};  ///< of an ELF file, in hex
  std::vector<Checksum> checksums = {};
};

/// "<from> <kind> <to>".
enum class RelationKind {
  contains,
  static_link,
  dynamic_link,
  depends_on,
  generated_from,
  descendant_of,  ///< an image of its base
  build_tool_of,
};

struct Relation {
  std::size_t from = 0;
  RelationKind kind = RelationKind::contains;
  std::size_t to = 0;
  auto operator<=>(const Relation&) const = default;
};

/// All that is known of an image: the content of an SBOM, in no format yet.
struct Bill {
  std::vector<Component> components = {};  ///< the first is the image itself
  std::set<Relation> relations = {};       ///< by number
  std::int64_t time = 0;                   ///< seconds since 1970
  /// What the LicenseRef-... of the components' licences are called where they come from.
  std::map<std::string, std::string> licence_names = {};

  /// Its number.
  std::size_t add(Component component);
  void relate(std::size_t from, RelationKind kind, std::size_t to) {
    if (from != to) relations.insert({from, kind, to});
  }
};

/// A name a component, by number, of [A-Za-z0-9.-] alone and each only once: the same for
/// equal bills.
std::vector<std::string> component_ids(const Bill& bill);

/// A UUID (RFC 4122) that is a function of the text.
std::string uuid_of(std::string_view text);

/// The text with escapes (\xNN) if it is not UTF-8.
std::string as_utf8(std::string_view text);

}  // namespace slipway::sbom
