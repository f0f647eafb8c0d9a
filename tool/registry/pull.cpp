#include "registry/pull.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "oci/registry_documents.hpp"
#include "registry/download.hpp"
#include "registry/failure.hpp"
#include "registry/paging.hpp"
#include "registry/pull_sessions.hpp"
#include "registry/remembered.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway {
namespace {

/// An index may hold indexes; the spec sets no depth, sense does.
constexpr int most_index_depth = 4;

[[noreturn]] void refuse_platform(const Index& index, const Platform& platform) {
  std::string there;
  for (const auto& manifest : index.manifests) {
    if (!manifest.platform || manifest.platform->os == "unknown") continue;
    there += (there.empty() ? "" : ", ") + manifest.platform->str();
  }
  throw Error(Errc::input, fmt::format("it has no image for {}", platform.str()))
      .with_hint(there.empty() ? "" : "it has: " + there);
}

/// Layers whose bytes may not lie in registries, as those of Windows once.
void refuse_foreign_layers(const Manifest& manifest) {
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const auto& layer = manifest.layers[i];
    const bool is_foreign = layer.media_type.find(".foreign.") != std::string::npos ||
                            layer.media_type.find(".nondistributable.") != std::string::npos;
    if (!is_foreign) continue;
    throw Error(Errc::input,
                fmt::format("its layer {} ('{}') is a foreign layer, which lies in no registry",
                            i + 1, layer.digest.str()));
  }
}

/// The manifest or index of that digest, if the store has it.
std::optional<Descriptor> find_document(const Digest& digest, const Store& store) {
  const auto st = lstat_file(store.blobs().blob_path(digest));
  if (!st) return std::nullopt;
  Descriptor document{.digest = digest, .size = static_cast<std::uint64_t>(st->st_size)};
  try {
    const auto text = store.blobs().read_document(document);
    document.media_type = media_type_in(text);
    if (document.media_type.empty()) return std::nullopt;
    return document;
  } catch (const Error&) {
    return std::nullopt;  // damaged: it is fetched anew
  }
}

/// Brings one reference into the store, piece by piece.
class Puller {
 public:
  Puller(Http& http, const Reference& reference, const Platform& platform, const Store& store,
         PullPolicy policy)
      : reference_(reference),
        platform_(platform),
        store_(store),
        policy_(policy),
        sessions_(http, reference) {}

  /// The manifest or index that the reference names.
  Descriptor resolve() {
    const auto known = known_entry();
    if (known && policy_ != PullPolicy::always) return *known;
    if (known && (reference_.digest || is_unchanged(*known))) return *known;
    require_network();
    const auto document = sessions_.from_any([&](Session& session) {
      return fetch_manifest(session, reference_.digest ? reference_.digest->str() : reference_.tag);
    });
    keep(document);
    if (!reference_.digest) remember_reference(reference_, document.descriptor, store_);
    return document.descriptor;
  }

  /// The manifest for the platform, with index documents on the way to it.
  Descriptor bring_manifest(Descriptor entry) {
    bring_document(entry);
    for (int depth = 0; is_index(entry); ++depth) {
      const auto index = parse_index(store_.blobs().read_document(entry));
      const auto* found = depth < most_index_depth ? find_platform(index, platform_) : nullptr;
      if (found == nullptr) refuse_platform(index, platform_);
      entry = *found;
      bring_document(entry);
    }
    return entry;
  }

  /// The config. Layers are left to who reads them.
  void bring_config(const Manifest& manifest) {
    refuse_foreign_layers(manifest);
    if (!store_.blobs().contains(manifest.config)) {
      require_network();
      sessions_.bring_blob(manifest.config, store_);
    }
    note_remote_blobs(manifest.layers, {reference_, platform_}, store_);
  }

  /// Whatever the entry names, recursively.
  void bring_all(const Descriptor& entry) {
    bring_document(entry);
    // What is no image, as an attestation, says that it is for "unknown".
    if (entry.platform && entry.platform->os != "unknown") platform_ = *entry.platform;
    const auto text = store_.blobs().read_document(entry);
    if (is_index(entry)) {
      for (const auto& inner : parse_index(text).manifests) bring_all(inner);
      return;
    }
    bring_config(parse_manifest(text));
  }

 private:
  std::optional<Descriptor> known_entry() const {
    // However it came here, a document of that digest is what is asked for.
    return reference_.digest ? find_document(*reference_.digest, store_)
                             : recall_reference(reference_, store_);
  }

  /// By its digest alone, which registries count for less than the manifest.
  bool is_unchanged(const Descriptor& known) {
    const auto digest =
        sessions_.from_any([&](Session& session) { return ask_digest(session, reference_.tag); });
    return digest == known.digest.str();
  }

  void require_network() const {
    if (policy_ == PullPolicy::never) throw offline_error({reference_, platform_});
  }

  void keep(const FetchedDocument& document) {
    auto writer = store_.blobs().begin();
    writer.write(document.text);
    std::move(writer).commit_as(document.descriptor);
  }

  void bring_document(const Descriptor& descriptor) {
    if (store_.blobs().contains(descriptor)) return;
    require_network();
    keep(sessions_.from_any(
        [&](Session& session) { return fetch_manifest(session, descriptor.digest.str()); }));
  }

  const Reference& reference_;
  Platform platform_;  ///< that is asked for, of an index
  const Store& store_;
  PullPolicy policy_;
  PullSessions sessions_;
};

}  // namespace

PulledImage pull_image(Http& http, const Reference& reference, const Platform& platform,
                       const Store& store, PullPolicy policy) {
  return with_context(
      [&] { return pulling(reference); },
      [&] {
        Puller puller(http, reference, platform, store, policy);
        PulledImage pulled;
        pulled.entry = puller.resolve();
        auto descriptor = puller.bring_manifest(pulled.entry);
        puller.bring_config(parse_manifest(store.blobs().read_document(descriptor)));
        pulled.image = locate_image(store.blobs(), std::move(descriptor), platform);
        return pulled;
      });
}

Descriptor resolve_image(Http& http, const Reference& reference, const Store& store,
                         PullPolicy policy) {
  return with_context(
      [&] { return pulling(reference); },
      [&] { return Puller(http, reference, Platform::host(), store, policy).resolve(); });
}

Descriptor pull_all(Http& http, const Reference& reference, const Store& store, PullPolicy policy) {
  return with_context([&] { return pulling(reference); },
                      [&] {
                        Puller puller(http, reference, Platform::host(), store, policy);
                        auto entry = puller.resolve();
                        puller.bring_all(entry);
                        return entry;
                      });
}

std::vector<std::string> list_tags(Http& http, const Reference& reference) {
  const auto name = fmt::format("{}/{}", reference.registry, reference.repository);
  return with_context([&] { return fmt::format("list the tags of '{}'", name); },
                      [&] {
                        Session session(http, endpoint_of(http, reference), Access::pull);
                        std::vector<std::string> tags;
                        auto url = session.url("tags/list");
                        while (!url.empty()) {
                          const auto response = session.send({.url = url});
                          if (!response.is_success())
                            throw failure_of(response, session.endpoint(), "list of tags");
                          for (auto& tag : parse_tag_list(response.text))
                            tags.push_back(std::move(tag));
                          url = next_page(response, url);
                        }
                        return tags;
                      });
}

}  // namespace slipway
