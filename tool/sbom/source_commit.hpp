#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace slipway::sbom {

/// What git knows of a directory: empty texts where nothing is known, as where the files
/// are not those of the commit.
struct SourceCommit {
  std::string repository = {};  ///< of the remote "origin", as public_url() gives it
  std::string commit = {};
};

/// Asks the program git, where there is one. Files that change with the answer are put
/// into `read`.
SourceCommit source_commit_of(const std::filesystem::path& directory,
                              std::set<std::filesystem::path>& read);

}  // namespace slipway::sbom
