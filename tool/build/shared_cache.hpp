#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "build/cache_place.hpp"
#include "layer/pack.hpp"
#include "store/store.hpp"

namespace slipway {

/// The results of steps that builds of several machines share: by key one layer.
///
/// In a registry each is an artifact of its own, under the tag "<name>-<key>": an
/// OCI manifest whose config (media type application/vnd.slipway.step.v1) says what
/// the step left and whose one layer is the image's. Who writes the same key writes
/// the same, so that writers at the same time lose nothing. In a folder they are
/// files, results/<key>, beside an OCI layout.
///
/// May be used by several threads.
class SharedCache {
 public:
  SharedCache(const std::vector<CachePlace>& sources, const std::vector<CachePlace>& targets);
  ~SharedCache();

  /// False: find() finds nothing.
  bool has_sources() const { return !sources_.empty(); }

  /// The layer under that key, its blob in the store. Where a place cannot be asked
  /// there is a warning, once, and the build goes on without it.
  std::optional<Layer> find(const std::string& key, const Store& store) const;

  /// False: nothing is kept anywhere.
  bool has_targets() const { return !targets_.empty(); }

  /// Whether keep() would do something for a step.
  bool keeps(bool of_image) const;

  /// Send a result to where results are kept, once a process; `make` is called where it
  /// is not there yet. `of_image`: the image has the layer. Throws what the place says,
  /// unless it may fail.
  void keep(const std::string& key, const std::function<Layer()>& make, bool of_image,
            const Store& store) const;

  /// What cache-mounts=true asks for. Each key has one value: the last that was kept.
  /// Nothing depends on it, so whatever goes wrong is a warning.
  std::optional<Layer> find_mount(const std::string& key, const Store& store) const;
  bool keeps_mounts() const;
  /// `pack` is called where something is to be kept.
  void keep_mount(const std::string& key, const std::function<Layer()>& pack,
                  const Store& store) const;

  class Place;

 private:
  struct Source {
    std::unique_ptr<Place> place;
    bool cache_mounts = false;
  };
  struct Target {
    std::unique_ptr<Place> place;
    bool every_step = false;
    bool may_fail = false;
    bool cache_mounts = false;
  };
  static std::optional<Layer> find_in(const Source& source, const std::string& key,
                                      const Store& store);

  std::vector<Source> sources_;
  std::vector<Target> targets_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> kept_ = {};  ///< keys
};

/// The key of a layer whose tar is known: what its compression depends on.
std::string key_of_tar(const Digest& diff_id, const PackOptions& packing);

}  // namespace slipway
