#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "build/copy_source.hpp"
#include "build/fetch_context.hpp"
#include "dockerfile/ast.hpp"
#include "plan/stage_state.hpp"

namespace slipway {

/// True for http and https URLs that are no git repositories.
bool is_http_url(std::string_view word);

/// Bring what an ADD names elsewhere, by URL or as a git repository, into the
/// store; by the source words. A download that the server calls unchanged is
/// not made again, and one whose --checksum the store has needs no network.
///
/// Throws Errc::input for flags that do not go with the sources and for COPY
/// from elsewhere, Errc::remote where a server fails, Errc::integrity where
/// something has another checksum.
std::map<std::string, FetchedSource> fetch_sources(const dockerfile::Copy& copy,
                                                   const CopyWords& words,
                                                   const FetchContext& context);

/// The time of what ADD would fetch: the commit's, or the server's Last-Modified,
/// or that of the newest file in a tar; nullopt where there is none.
std::optional<std::int64_t> time_of_source(const std::string& word, const std::string& checksum,
                                           const FetchContext& context);

}  // namespace slipway
