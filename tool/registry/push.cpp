#include "registry/push.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "registry/origins.hpp"
#include "registry/parallel.hpp"
#include "registry/upload.hpp"

namespace slipway {
namespace {

/// Everything that goes to one repository.
class Pusher {
 public:
  Pusher(Http& http, const Layout& layout, const Reference& repository, const Store& store)
      : layout_(layout),
        store_(store),
        session_(http, endpoint_of(http, repository), Access::push) {}

  /// What the entry names, and for an inner one its own document.
  void push_contents(const Descriptor& entry) {
    const auto text = layout_.read_document(entry);
    if (is_index(entry)) {
      for (const auto& inner : parse_index(text).manifests) {
        push_contents(inner);
        upload_manifest(session_, layout_.read_document(inner), inner, inner.digest.str());
      }
      return;
    }
    const auto manifest = parse_manifest(text);
    std::vector<Descriptor> blobs = {manifest.config};
    blobs.insert(blobs.end(), manifest.layers.begin(), manifest.layers.end());
    std::erase_if(blobs,
                  [&](const Descriptor& blob) { return !known_.insert(blob.digest).second; });
    // The largest begins first: it would be the last to end.
    std::ranges::stable_sort(blobs, std::ranges::greater(), &Descriptor::size);
    in_parallel(blobs.size(), [&](std::size_t i) { push_blob(blobs[i]); });
  }

  void push_name(const Descriptor& entry, const Reference& reference) {
    upload_manifest(session_, layout_.read_document(entry), entry,
                    reference.tag.empty() ? entry.digest.str() : reference.tag);
  }

  const PushCounts& counts() const noexcept { return counts_; }

 private:
  void push_blob(const Descriptor& blob) {
    const auto outcome =
        upload_blob(session_, layout_, blob, find_origin(blob.digest, session_.endpoint(), store_));
    const std::scoped_lock lock(mutex_);
    note_origin(blob.digest, session_.endpoint(), store_);
    switch (outcome) {
      case UploadOutcome::present:
        ++counts_.present;
        return;
      case UploadOutcome::mounted:
        ++counts_.mounted;
        return;
      case UploadOutcome::sent:
        ++counts_.sent;
        counts_.sent_bytes += blob.size;
        return;
    }
  }

  const Layout& layout_;
  const Store& store_;
  Session session_;
  std::set<Digest> known_ = {};
  std::mutex mutex_;
  PushCounts counts_ = {};
};

void require_digest(const Reference& reference, const Descriptor& entry) {
  if (!reference.digest || *reference.digest == entry.digest) return;
  throw Error(Errc::input,
              fmt::format("the image has the digest '{}', not the name's", entry.digest.str()));
}

}  // namespace

PushCounts push_image(Http& http, const Layout& layout, const Descriptor& entry,
                      const std::vector<Reference>& references, const Store& store) {
  std::map<std::pair<std::string, std::string>, std::vector<Reference>> repositories;
  for (const auto& reference : references)
    repositories[{reference.registry, reference.repository}].push_back(reference);
  PushCounts all;
  for (const auto& repository : repositories) {
    const auto& names = repository.second;
    with_context([&] { return fmt::format("push '{}'", names.front().familiar()); },
                 [&] {
                   for (const auto& name : names) require_digest(name, entry);
                   Pusher pusher(http, layout, names.front(), store);
                   pusher.push_contents(entry);
                   for (const auto& name : names) pusher.push_name(entry, name);
                   const auto& counts = pusher.counts();
                   all.sent += counts.sent;
                   all.sent_bytes += counts.sent_bytes;
                   all.mounted += counts.mounted;
                   all.present += counts.present;
                 });
  }
  return all;
}

}  // namespace slipway
