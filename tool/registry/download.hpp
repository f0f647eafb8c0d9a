#pragma once

#include <optional>
#include <string>

#include "registry/session.hpp"
#include "store/store.hpp"

namespace slipway {

/// A manifest or index, as the registry has it now.
struct FetchedDocument {
  Descriptor descriptor = {};
  std::string text = {};
};

/// By tag or digest; its own digest, or the one that the registry names, checked.
/// Throws what failure_of() says, and Errc::integrity for other bytes.
FetchedDocument fetch_manifest(Session& session, const std::string& tag_or_digest);

/// The same; nullopt where the registry has none of that name.
std::optional<FetchedDocument> find_manifest(Session& session, const std::string& tag_or_digest);

/// The digest that a tag has now, without fetching what it names; empty where the
/// registry does not say.
std::string ask_digest(Session& session, const std::string& tag);

/// Bring a blob into the store, unless it is there. Its bytes are checked while
/// they come and get their name only when they are right; a transfer that breaks
/// goes on where it was. Builds that want the same blob wait for one download.
void fetch_blob(Session& session, const Descriptor& blob, const Store& store);

}  // namespace slipway
