#pragma once

#include <string>
#include <vector>

#include "layer/contents.hpp"
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

std::string make_tar(const std::vector<TarEntry>& entries);

/// Gives out `text` in pieces of at most `piece` bytes.
ByteSource source_of(std::string text, std::size_t piece = 100000);

}  // namespace slipway::test
