#include "registry/remote_blobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "registry/blob_notes.hpp"
#include "registry/parallel.hpp"

namespace slipway {
namespace {

// "<reference> <platform>" lines.
BlobNotes images_in(const Store& store) { return {store, "remote"}; }

}  // namespace

void note_remote_blobs(const std::vector<Descriptor>& blobs, const RemoteImage& image,
                       const Store& store) {
  const auto line = fmt::format("{} {}", image.reference.str(), image.platform.str());
  for (const auto& blob : blobs) images_in(store).note(blob.digest, line);
}

bool is_remote_blob(const Digest& blob, const Store& store) { return images_in(store).has(blob); }

std::vector<RemoteImage> find_remote_images(const Digest& blob, const Store& store) {
  std::vector<RemoteImage> images;
  for (const auto& line : images_in(store).read(blob)) {
    const auto words = split(line, ' ');
    if (words.size() != 2) continue;
    try {
      images.push_back({Reference::parse(words[0]), Platform::parse(words[1])});
    } catch (const Error&) {
      // Damaged: as if it were not there.
    }
  }
  return images;
}

bool RemoteBlobs::knows(const Digest& digest) const { return is_remote_blob(digest, store_); }

void RemoteBlobs::bring(const std::vector<Descriptor>& wanted) const {
  auto blobs = wanted;
  // The largest begins first: it would be the last to end.
  std::ranges::stable_sort(blobs, std::ranges::greater(), &Descriptor::size);
  in_parallel(blobs.size(), [&](std::size_t i) { bring_one(blobs[i]); });
}

void RemoteBlobs::bring_one(const Descriptor& blob) const {
  const auto images = find_remote_images(blob.digest, store_);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto& image = images[i];
    try {
      return with_context([&] { return pulling(image.reference); },
                          [&] {
                            if (default_pull_policy() == PullPolicy::never)
                              throw offline_error(image);
                            sessions_of(image.reference)->bring_blob(blob, store_);
                          });
    } catch (const Error&) {
      if (i + 1 == images.size()) throw;
    }
  }
  throw Error(Errc::input,
              fmt::format("fetch blob '{}': no image is known to have it", blob.digest.str()));
}

std::shared_ptr<const PullSessions> RemoteBlobs::sessions_of(const Reference& reference) const {
  const std::scoped_lock lock(mutex_);
  if (!http_) http_ = make_http();
  auto& sessions = sessions_[reference.str()];
  if (!sessions) sessions = std::make_shared<const PullSessions>(*http_, reference);
  return sessions;
}

Store open_store() {
  const auto store = Store::open(Store::default_path());
  return store.with_source(std::make_shared<const RemoteBlobs>(store));
}

}  // namespace slipway
