#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fetch/http.hpp"
#include "registry/pull_policy.hpp"
#include "registry/pull_sessions.hpp"
#include "store/store.hpp"

namespace slipway {

/// Remember that the image has these blobs: a store with RemoteBlobs as its source
/// fetches them from there when something reads them, in this process or another.
void note_remote_blobs(const std::vector<Descriptor>& blobs, const RemoteImage& image,
                       const Store& store);

/// Whether an image is known to have the blob.
bool is_remote_blob(const Digest& blob, const Store& store);

/// The images that are known to have a blob, the one noted last first.
std::vector<RemoteImage> find_remote_images(const Digest& blob, const Store& store);

/// The blobs of images whose documents alone were fetched. Each is asked for when it
/// is read, under the name of its image: from its registry or a mirror, with the
/// user's credentials of that moment.
class RemoteBlobs final : public BlobSource {
 public:
  explicit RemoteBlobs(Store store) : store_(std::move(store)) {}

  bool knows(const Digest& digest) const override;

  /// Throws Errc::remote and Errc::integrity naming the image, and where
  /// $SLIPWAY_OFFLINE is set Errc::remote saying how to fetch it.
  void bring(const std::vector<Descriptor>& blobs) const override;

 private:
  void bring_one(const Descriptor& blob) const;
  std::shared_ptr<const PullSessions> sessions_of(const Reference& reference) const;

  Store store_;
  mutable std::mutex mutex_;  ///< of all below
  mutable std::unique_ptr<Http> http_ = {};
  mutable std::map<std::string, std::shared_ptr<const PullSessions>> sessions_ = {};
};

/// The user's store, which fetches what its images lack.
Store open_store();

}  // namespace slipway
