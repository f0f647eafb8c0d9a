#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "build/copy_items.hpp"

namespace slipway {

/// The items of a COPY so far, by path, and for files that have several names
/// what those names have in common.
struct ItemSet {
  std::map<std::string, CopiedItem> items = {};
  std::map<std::string, std::string> identities = {};
  std::size_t unpacked = 0;  ///< files of archives so far: their names in the scratch folder
};

/// True for a regular file that ADD unpacks.
bool is_archive(const SourceNode& node);

/// Put what the archive holds into the directory `destination` (a path of the
/// image, links followed already), as a tar unpacked in a root of its own there
/// would: later entries replace earlier ones and what lies beneath, links on an
/// entry's way are followed and end at `destination`. Parents without an entry
/// become 0755 of root. The files' bytes go to request.scratch, in one pass.
///
/// Owners and modes are the archive's, but for --chown.
void add_archive(const SourceNode& archive, const std::string& destination,
                 const CopyRequest& request, const View& below, ItemSet& set);

}  // namespace slipway
