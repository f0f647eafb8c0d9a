#pragma once

#include <filesystem>

#include "dockerfile/git_ref.hpp"
#include "store/store.hpp"

namespace slipway {

/// The tree of the commit that `ref` means, in the store: files 0644 or 0755,
/// submodules in place, without .git unless it is to be kept. A commit that the
/// store has is not fetched again, and with a whole one as its checksum, or as
/// the ref, no server is asked.
///
/// The program git does the work, with no configuration but ours: no hooks, no
/// filters, no prompts, no transports but http, https, ssh and git.
///
/// Throws Errc::input for an unknown ref, Errc::integrity for a commit that is
/// not the checksum's, Errc::remote with git's words for the rest.
std::filesystem::path check_out(const dockerfile::GitRef& ref, const Store& store);

}  // namespace slipway
