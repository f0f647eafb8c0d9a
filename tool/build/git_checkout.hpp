#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "build/fetch_context.hpp"
#include "dockerfile/git_ref.hpp"

namespace slipway {

/// The files of a commit.
struct GitTree {
  std::filesystem::path path = {};
  std::optional<std::int64_t> committed = {};  ///< when, in seconds since 1970
};

/// The tree of the commit that `ref` means, in the store: files 0644 or 0755,
/// submodules in place, without .git unless it is to be kept. A commit that the
/// store has is not fetched again, and with a whole one as its checksum, or as
/// the ref, no server is asked.
///
/// The program git does the work, with no configuration but ours: no hooks, no
/// filters, no prompts, no transports but http, https, ssh and git. Passwords
/// reach it by its environment, so that no command line shows them.
///
/// Throws Errc::input for an unknown ref, Errc::integrity for a commit that is
/// not the checksum's, Errc::remote with git's words for the rest.
GitTree check_out(const dockerfile::GitRef& ref, const FetchContext& context);

}  // namespace slipway
