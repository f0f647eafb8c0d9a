#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci/digest.hpp"

namespace slipway {

enum class EntryType : char {
  file = 'f',
  directory = 'd',
  symlink = 'l',
  hardlink = 'h',
  fifo = 'p',
  character_device = 'c',
  block_device = 'b',
  whiteout = 'w',  ///< removes `path` of the layers beneath (".wh.<name>" in the tar)
  opaque = 'o',    ///< hides all that the directory `path` holds beneath (".wh..wh..opq")
};

/// One entry of a layer. Paths are bytes, relative to the root, without "." and
/// "..", without leading or trailing '/'; the root itself is "".
struct Entry {
  std::string path = {};
  EntryType type = EntryType::file;
  std::uint32_t mode = 0;  ///< 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0;        ///< seconds since 1970
  std::uint64_t size = 0;        ///< files
  std::string link_target = {};  ///< symlinks: as is; hard links: a path of this layer
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::vector<std::pair<std::string, std::string>> xattrs = {};  ///< sorted by name
  std::optional<Digest> content = {};                            ///< files
  std::uint64_t offset = 0;  ///< files: where the bytes start in the uncompressed tar
  bool operator==(const Entry&) const = default;
};

/// The table of contents of a layer: entries in tar order, and the texts of the
/// few small files that later steps read by name (see is_excerpt()).
struct Contents {
  std::vector<Entry> entries = {};
  std::map<std::string, std::string> excerpts = {};  ///< path -> content
};

/// True for the files whose text a table of contents keeps: etc/passwd,
/// etc/group, etc/ld.so.conf, etc/ld.so.conf.d/*.conf, etc/ld.so.preload, etc/os-release,
/// usr/lib/os-release.
bool is_excerpt(std::string_view path);

/// Longer texts are not kept.
inline constexpr std::uint64_t max_excerpt_size = 1024 * 1024;

/// Text form, one line an entry, deterministic:
///   slipway-contents 1
///   <type> <mode octal> <uid> <gid> <mtime> <size> <content hex|-> <offset> <major>:<minor> <path>
///   <link> [<xattr>=<hex>]... excerpt <path> <text>
/// Fields are separated by one space; path, link, xattr names and texts have
/// space, newline, backslash, '=' and control bytes as \xNN; empty is "-", a
/// real "-" is "\x2d". Built for 100,000 entries: linear, few allocations.
std::string to_text(const Contents& contents);

/// Inverse of to_text(). Throws Errc::integrity when malformed.
Contents parse_contents(std::string_view text);

/// What a COPY above must know of a layer to resolve its destination: the
/// directories, symlinks, whiteouts and excerpts, without times. Equal shapes
/// give equal texts.
Contents shape_of(const Contents& contents);

}  // namespace slipway
