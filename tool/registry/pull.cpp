#include "registry/pull.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/text.hpp"
#include "oci/registry_documents.hpp"
#include "registry/download.hpp"
#include "registry/failure.hpp"
#include "registry/origins.hpp"
#include "registry/parallel.hpp"
#include "registry/remembered.hpp"

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
    throw Error(Errc::input, fmt::format("its layer {} ('{}') is a foreign layer, which lies in no registry", i + 1,
                                         layer.digest.str()));
  }
}

/// Brings one reference into the store, piece by piece.
class Puller {
 public:
  Puller(Http& http, const Reference& reference, const Store& store, PullPolicy policy)
      : reference_(reference), store_(store), policy_(policy), session_(http, endpoint_of(reference), Access::pull) {}

  /// The manifest or index that the reference names.
  Descriptor resolve() {
    const auto known = known_entry();
    if (known && policy_ != PullPolicy::always) return *known;
    if (known && (reference_.digest || is_unchanged(*known))) return *known;
    require_network();
    const auto document = fetch_manifest(session_, reference_.digest ? reference_.digest->str() : reference_.tag);
    keep(document);
    remember_reference(reference_, document.descriptor, store_);
    return document.descriptor;
  }

  /// The manifest for the platform, with index documents on the way to it.
  Descriptor bring_manifest(Descriptor entry, const Platform& platform) {
    bring_document(entry);
    for (int depth = 0; is_index(entry); ++depth) {
      const auto index = parse_index(store_.blobs().read_document(entry));
      const auto* found = depth < most_index_depth ? find_platform(index, platform) : nullptr;
      if (found == nullptr) refuse_platform(index, platform);
      entry = *found;
      bring_document(entry);
    }
    return entry;
  }

  void bring_config(const Manifest& manifest) { bring_blob(manifest.config); }

  void bring_layers(const Manifest& manifest) {
    refuse_foreign_layers(manifest);
    in_parallel(manifest.layers.size(), [&](std::size_t i) { bring_blob(manifest.layers[i]); });
  }

  /// Whatever the entry names, recursively.
  void bring_all(const Descriptor& entry) {
    bring_document(entry);
    const auto text = store_.blobs().read_document(entry);
    if (is_index(entry)) {
      for (const auto& inner : parse_index(text).manifests) bring_all(inner);
      return;
    }
    const auto manifest = parse_manifest(text);
    bring_config(manifest);
    bring_layers(manifest);
  }

 private:
  std::optional<Descriptor> known_entry() const {
    auto known = recall_reference(reference_, store_);
    if (known && reference_.digest && known->digest != *reference_.digest) known.reset();
    return known;
  }

  /// By its digest alone, which registries count for less than the manifest.
  bool is_unchanged(const Descriptor& known) {
    return ask_digest(session_, reference_.tag) == known.digest.str();
  }

  void require_network() const {
    if (policy_ != PullPolicy::never) return;
    throw Error(Errc::remote, "the store does not have all of it, and SLIPWAY_OFFLINE is set")
        .with_hint("unset it once, and the store will");
  }

  void keep(const FetchedDocument& document) {
    auto writer = store_.blobs().begin();
    writer.write(document.text);
    std::move(writer).commit_as(document.descriptor);
  }

  void bring_document(const Descriptor& descriptor) {
    if (store_.blobs().contains(descriptor)) return;
    require_network();
    keep(fetch_manifest(session_, descriptor.digest.str()));
  }

  void bring_blob(const Descriptor& blob) {
    if (store_.blobs().contains(blob)) return;
    require_network();
    fetch_blob(session_, blob, store_);
    note_origin(blob.digest, session_.endpoint(), store_);
  }

  const Reference& reference_;
  const Store& store_;
  PullPolicy policy_;
  Session session_;
};

std::string pulling(const Reference& reference) { return fmt::format("pull '{}'", reference.familiar()); }

/// The path and query of the next page: `Link: </v2/a/tags/list?last=x>; rel="next"`.
std::string next_page(const HttpResponse& response) {
  const auto link = response.header("link");
  const auto begin = link.find('<');
  const auto end = link.find('>', begin == std::string::npos ? link.size() : begin);
  if (end == std::string::npos || link.find("next", end) == std::string::npos) return {};
  return link.substr(begin + 1, end - begin - 1);
}

}  // namespace

PullPolicy default_pull_policy() {
  const char* offline = std::getenv("SLIPWAY_OFFLINE");
  const bool is_offline = offline != nullptr && *offline != '\0' && std::string_view(offline) != "0";
  return is_offline ? PullPolicy::never : PullPolicy::missing;
}

PulledImage pull_image(Http& http, const Reference& reference, const Platform& platform, const Store& store,
                       PullPolicy policy, Depth depth) {
  return with_context([&] { return pulling(reference); }, [&] {
    Puller puller(http, reference, store, policy);
    PulledImage pulled;
    pulled.entry = puller.resolve();
    auto descriptor = puller.bring_manifest(pulled.entry, platform);
    const auto manifest = parse_manifest(store.blobs().read_document(descriptor));
    puller.bring_config(manifest);
    if (depth == Depth::layers) puller.bring_layers(manifest);
    pulled.image = locate_image(store.blobs(), std::move(descriptor), platform);
    return pulled;
  });
}

Descriptor pull_all(Http& http, const Reference& reference, const Store& store, PullPolicy policy) {
  return with_context([&] { return pulling(reference); }, [&] {
    Puller puller(http, reference, store, policy);
    auto entry = puller.resolve();
    puller.bring_all(entry);
    return entry;
  });
}

std::vector<std::string> list_tags(Http& http, const Reference& reference) {
  const auto name = fmt::format("{}/{}", reference.registry, reference.repository);
  return with_context([&] { return fmt::format("list the tags of '{}'", name); }, [&] {
    Session session(http, endpoint_of(reference), Access::pull);
    std::vector<std::string> tags;
    auto url = session.url("tags/list");
    while (!url.empty()) {
      const auto response = session.send({.url = url});
      if (!response.is_success()) throw failure_of(response, session.endpoint(), "list of tags");
      for (auto& tag : parse_tag_list(response.text)) tags.push_back(std::move(tag));
      const auto next = next_page(response);
      url = next.empty() ? std::string() : absolute_url(url, next);
    }
    return tags;
  });
}

}  // namespace slipway
