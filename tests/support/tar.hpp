#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "layer/contents.hpp"
#include "layer/tar_header.hpp"
#include "layer/unpack.hpp"

namespace slipway::test {

/// An entry for a tar made by hand; names are written as they are, also those
/// that no honest program writes.
struct TarEntry {
  EntryType type = EntryType::file;
  std::string name = {};
  std::string content = {};  ///< or where a link points
  std::uint32_t mode = 0644;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::vector<std::pair<std::string, std::string>> xattrs = {};
};

inline std::string make_tar(const std::vector<TarEntry>& entries) {
  std::string tar;
  const auto append = [&tar](std::span<const std::byte> bytes) {
    tar.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  TarHeaders headers;
  for (const TarEntry& from : entries) {
    Entry entry;
    entry.type = from.type;
    entry.path = from.name;
    entry.mode = from.mode;
    entry.mtime = 1000000;
    entry.device_major = from.device_major;
    entry.device_minor = from.device_minor;
    entry.xattrs = from.xattrs;
    const bool is_file = from.type == EntryType::file;
    if (is_file) {
      entry.size = from.content.size();
    } else {
      entry.link_target = from.content;
    }
    append(headers.header(entry));
    if (is_file) tar += from.content + std::string(tar_padding(entry.size), '\0');
  }
  append(headers.end());
  return tar;
}

/// Gives out `text` in pieces of at most `piece` bytes.
inline ByteSource source_of(std::string text, std::size_t piece = 100000) {
  return [text = std::move(text), position = std::size_t{0},
          piece](std::span<std::byte> bytes) mutable {
    const std::size_t count = std::min({bytes.size(), piece, text.size() - position});
    std::memcpy(bytes.data(), text.data() + position, count);
    position += count;
    return count;
  };
}

}  // namespace slipway::test
