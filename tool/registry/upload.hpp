#pragma once

#include <string>

#include "registry/session.hpp"
#include "store/store.hpp"

namespace slipway {

enum class UploadOutcome {
  present,  ///< the repository had it
  mounted,  ///< the registry took it from another of its repositories
  sent,
};

/// Bring a blob of the layout into the session's repository. `origin`: a
/// repository of the same registry that may have it; empty: none. Its bytes are
/// checked while they are sent. An upload that breaks goes on where it was, if the
/// registry knows how far that is; what is too large in one piece goes in chunks.
UploadOutcome upload_blob(Session& session, const Layout& layout, const Descriptor& blob,
                          const std::string& origin);

/// Put a manifest or index under a tag, or its digest.
void upload_manifest(Session& session, const std::string& text, const Descriptor& manifest,
                     const std::string& tag_or_digest);

}  // namespace slipway
