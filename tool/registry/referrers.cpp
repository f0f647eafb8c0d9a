#include "registry/referrers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "registry/download.hpp"
#include "registry/endpoint.hpp"
#include "registry/failure.hpp"
#include "registry/paging.hpp"
#include "registry/push.hpp"
#include "registry/upload.hpp"

namespace slipway {
namespace {

constexpr std::string_view empty_media_type = "application/vnd.oci.empty.v1+json";

std::string tag_or_digest(const Reference& reference) {
  return reference.digest ? reference.digest->str() : reference.tag;
}

/// The tag that lists referrers where the registry does not.
std::string fallback_tag(const Digest& subject) { return "sha256-" + subject.hex(); }

/// What the registry itself knows; nullopt: it does not know of referrers.
std::optional<std::vector<Descriptor>> ask_referrers(Session& session, const Digest& subject) {
  std::vector<Descriptor> all;
  auto url = session.url("referrers/" + subject.str());
  while (!url.empty()) {
    const auto response = session.send({.url = url});
    if (response.status == 404) return std::nullopt;
    if (!response.is_success()) throw failure_of(response, session.endpoint(), "list of referrers");
    for (auto& entry : parse_index(response.text).manifests) all.push_back(std::move(entry));
    url = next_page(response, url);
  }
  return all;
}

std::vector<Descriptor> listed_by_tag(Session& session, const Digest& subject) {
  const auto document = find_manifest(session, fallback_tag(subject));
  return document ? parse_index(document->text).manifests : std::vector<Descriptor>();
}

bool holds(const std::vector<Descriptor>& entries, const Digest& digest) {
  return std::ranges::any_of(entries,
                             [&](const Descriptor& entry) { return entry.digest == digest; });
}

/// The list cannot be changed but as a whole. Writers of this machine wait for each
/// other; of those elsewhere the last wins, and whoever sees that tries again.
void add_to_list(Session& session, const Digest& subject, const Descriptor& entry,
                 const Store& store) {
  const FileLock lock(store.folder("locks") / (fallback_tag(subject) + ".lock"),
                      FileLock::Mode::exclusive);
  constexpr int tries = 10;
  for (int i = 0; i < tries; ++i) {
    Index index;
    index.manifests = listed_by_tag(session, subject);
    if (holds(index.manifests, entry.digest)) return;
    index.manifests.push_back(entry);
    const auto text = to_json(index);
    const Descriptor list = {std::string(media_type::oci_index), Digest::of(text), text.size()};
    upload_manifest(session, text, list, fallback_tag(subject));
  }
  if (!holds(listed_by_tag(session, subject), entry.digest)) {
    throw Error(Errc::remote,
                fmt::format("add to the list '{}': others kept writing it", fallback_tag(subject)));
  }
}

}  // namespace

Descriptor attach(Http& http, const Reference& subject, const Artifact& artifact,
                  const Store& store) {
  return with_context(
      [&] { return fmt::format("attach to '{}'", subject.familiar()); },
      [&] {
        Session session(http, endpoint_of(http, subject), Access::push);
        const auto& blobs = store.blobs();
        Manifest manifest;
        manifest.artifact_type = artifact.type;
        manifest.config = blobs.write_document("{}", empty_media_type);
        manifest.layers = artifact.files;
        manifest.subject = fetch_manifest(session, tag_or_digest(subject)).descriptor;
        manifest.annotations = artifact.annotations;
        auto entry = blobs.write_document(to_json(manifest), media_type::oci_manifest);
        auto name = subject;
        name.tag.clear();
        name.digest = entry.digest;
        push_image(http, blobs, entry, {name}, store);
        entry.artifact_type = artifact.type;
        entry.annotations = artifact.annotations;
        if (!ask_referrers(session, manifest.subject->digest))
          add_to_list(session, manifest.subject->digest, entry, store);
        return entry;
      });
}

std::vector<Descriptor> list_referrers(Http& http, const Reference& subject,
                                       const std::string& type) {
  return with_context(
      [&] { return fmt::format("list what refers to '{}'", subject.familiar()); },
      [&] {
        Session session(http, endpoint_of(http, subject), Access::pull);
        const auto digest = fetch_manifest(session, tag_or_digest(subject)).descriptor.digest;
        auto entries = ask_referrers(session, digest);
        if (!entries) entries = listed_by_tag(session, digest);
        if (!type.empty())
          std::erase_if(*entries,
                        [&](const Descriptor& entry) { return entry.artifact_type != type; });
        return *std::move(entries);
      });
}

}  // namespace slipway
