#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "build/fetch_context.hpp"

namespace slipway {

/// A build context that was fetched. It lies in the store, for builds to come.
struct RemoteContext {
  /// A commit's files, or what a tar holds, each with `subdir` as the part that
  /// is meant; empty where the URL gave a file that is no tar.
  std::filesystem::path root = {};
  std::string subdir = {};
  std::filesystem::path file = {};  ///< what a web server gave
  std::optional<std::int64_t> modified =
      {};  ///< when the commit was made, or the server's Last-Modified
};

/// What .git folders are for is known to few builds.
enum class GitFolder { dropped, kept };

/// True for what is fetched: an http or https URL, or a git repository that no
/// path of this machine has the name of.
bool is_remote_context(const std::string& name);

/// Fetch it; what is here already is not fetched again. Throws as download() and
/// check_out() do.
RemoteContext fetch_remote_context(const std::string& name, GitFolder git_folder,
                                   const FetchContext& context);

/// The files of a tar, compressed or not, as a directory of the store.
std::filesystem::path unpacked_tar(const std::filesystem::path& file, const Store& store);

/// The time of the newest file in a tar; nullopt for what is none.
std::optional<std::int64_t> newest_file_time(const std::filesystem::path& tar);

}  // namespace slipway
