#include "support/tar.hpp"

#include <algorithm>
#include <cstring>

#include "layer/tar_header.hpp"

namespace slipway::test {
namespace {

void append(std::string& out, std::span<const std::byte> bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

std::string make_tar(const std::vector<TarEntry>& entries) {
  TarHeaders headers;
  std::string tar;
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
    append(tar, headers.header(entry));
    if (is_file) tar += from.content + std::string(tar_padding(entry.size), '\0');
  }
  append(tar, headers.end());
  return tar;
}

ByteSource source_of(std::string text, std::size_t piece) {
  return [text = std::move(text), position = std::size_t{0},
          piece](std::span<std::byte> bytes) mutable {
    const std::size_t count = std::min({bytes.size(), piece, text.size() - position});
    std::memcpy(bytes.data(), text.data() + position, count);
    position += count;
    return count;
  };
}

}  // namespace slipway::test
