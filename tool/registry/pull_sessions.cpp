#include "registry/pull_sessions.hpp"

#include <utility>

#include "registry/download.hpp"
#include "registry/endpoint.hpp"
#include "registry/origins.hpp"

namespace slipway {

PullSessions::PullSessions(Http& http, const Reference& reference) {
  for (auto& endpoint : endpoints_for_pull(reference))
    sessions_.push_back(std::make_unique<Session>(http, std::move(endpoint), Access::pull));
}

void PullSessions::bring_blob(const Descriptor& blob, const Store& store) const {
  if (store.blobs().contains(blob)) return;
  from_any([&](Session& session) {
    fetch_blob(session, blob, store);
    note_origin(blob.digest, session.endpoint(), store);
  });
}

}  // namespace slipway
