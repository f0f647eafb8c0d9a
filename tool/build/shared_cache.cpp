#include "build/shared_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "build/step_result.hpp"
#include "fetch/http.hpp"
#include "registry/download.hpp"
#include "registry/endpoint.hpp"
#include "registry/push.hpp"

namespace slipway {
namespace fs = std::filesystem;

/// One place. Both functions throw what is wrong with it.
class SharedCache::Place {
 public:
  explicit Place(std::string name) : name_(std::move(name)) {}
  virtual ~Place() = default;

  const std::string& name() const noexcept { return name_; }
  virtual std::optional<Layer> find(const std::string& key, const Store& store) = 0;
  virtual bool has(const std::string& key) = 0;
  /// In the place of what is there.
  virtual void keep(const std::string& key, const Layer& layer, const Store& store) = 0;

  /// Say once what is wrong.
  void warn(const Error& error) {
    if (has_warned_.exchange(true)) return;
    fmt::print(stderr, "warning: the cache '{}' is left out: {}\n", name_, error.what());
  }

 private:
  std::string name_;
  std::atomic<bool> has_warned_ = false;
};

namespace {

constexpr std::string_view step_media_type = "application/vnd.slipway.step.v1";
constexpr std::string_view default_tag = "latest";
constexpr std::string_view default_name = "slipway";

Layer only_layer(const std::string& text) {
  auto result = parse_step_result(text);
  if (result.layers.size() != 1)
    throw Error(Errc::input, "read a cached result: it has not one layer");
  return std::move(result.layers.front());
}

class LocalCache final : public SharedCache::Place {
 public:
  explicit LocalCache(const CachePlace& place) : Place(place.str()), folder_(place.folder) {}

  std::optional<Layer> find(const std::string& key, const Store& store) override {
    const auto text = read_file_if_exists(file_of(key));
    if (!text) return std::nullopt;
    const auto layer = only_layer(*text);
    copy_blob(Layout::open(folder_), layer.blob, store.blobs());
    return layer;
  }

  bool has(const std::string& key) override { return lstat_file(file_of(key)).has_value(); }

  void keep(const std::string& key, const Layer& layer, const Store& store) override {
    make_directories(folder_ / "results");
    copy_blob(store.blobs(), layer.blob, Layout::create(folder_));
    write_file_if_changed(file_of(key), serialise(StepResult{{layer}, {}}));
  }

 private:
  fs::path file_of(const std::string& key) const { return folder_ / "results" / key; }

  fs::path folder_;
};

class RegistryCache final : public SharedCache::Place {
 public:
  explicit RegistryCache(const CachePlace& place)
      : Place(place.str()), repository_(place.repository) {
    if (repository_.tag.empty() || repository_.tag == default_tag) repository_.tag = default_name;
  }

  std::optional<Layer> find(const std::string& key, const Store& store) override {
    auto& session = reading();
    const auto document = find_manifest(session, name_of(key).tag);
    if (!document) return std::nullopt;
    const auto manifest = parse_manifest(document->text);
    if (manifest.config.media_type != step_media_type || manifest.layers.size() != 1) {
      throw Error(Errc::input, fmt::format("'{}' is no step's result", name_of(key).str()));
    }
    fetch_blob(session, manifest.config, store);
    const auto layer = only_layer(store.blobs().read_document(manifest.config));
    if (layer.blob.digest != manifest.layers.front().digest) {
      throw Error(Errc::integrity,
                  fmt::format("'{}' has another layer than it says", name_of(key).str()));
    }
    fetch_blob(session, layer.blob, store);
    return layer;
  }

  bool has(const std::string& key) override {
    return find_manifest(reading(), name_of(key).tag).has_value();
  }

  void keep(const std::string& key, const Layer& layer, const Store& store) override {
    const auto& blobs = store.blobs();
    Manifest manifest;
    manifest.config = blobs.write_document(serialise(StepResult{{layer}, {}}), step_media_type);
    manifest.layers = {layer.blob};
    push_image(*http_, blobs, blobs.write_document(to_json(manifest), media_type::oci_manifest),
               {name_of(key)}, store);
  }

 private:
  /// One for all steps: a session asks for its token once.
  Session& reading() {
    std::call_once(is_open_, [&] {
      session_.emplace(*http_, endpoint_of(*http_, repository_), Access::pull);
    });
    return *session_;
  }

  Reference name_of(const std::string& key) const {
    auto name = repository_;
    name.tag += '-' + key;
    return name;
  }

  std::unique_ptr<Http> http_ = make_http();
  Reference repository_;
  std::once_flag is_open_ = {};
  std::optional<Session> session_ = {};
};

std::unique_ptr<SharedCache::Place> open_place(const CachePlace& place) {
  if (place.kind == CachePlace::Kind::local) return std::make_unique<LocalCache>(place);
  return std::make_unique<RegistryCache>(place);
}

}  // namespace

SharedCache::~SharedCache() = default;

SharedCache::SharedCache(const std::vector<CachePlace>& sources,
                         const std::vector<CachePlace>& targets) {
  for (const auto& place : sources) sources_.push_back({open_place(place), place.cache_mounts});
  for (const auto& place : targets) {
    targets_.push_back({open_place(place), place.every_step, place.may_fail, place.cache_mounts});
  }
}

std::optional<Layer> SharedCache::find_in(const Source& source, const std::string& key,
                                          const Store& store) {
  try {
    return source.place->find(key, store);
  } catch (const Error& error) {
    source.place->warn(error);
    return std::nullopt;
  }
}

std::optional<Layer> SharedCache::find(const std::string& key, const Store& store) const {
  for (const auto& source : sources_) {
    if (auto layer = find_in(source, key, store)) return layer;
  }
  return std::nullopt;
}

std::optional<Layer> SharedCache::find_mount(const std::string& key, const Store& store) const {
  for (const auto& source : sources_) {
    if (!source.cache_mounts) continue;
    if (auto layer = find_in(source, key, store)) return layer;
  }
  return std::nullopt;
}

bool SharedCache::keeps_mounts() const {
  return std::ranges::any_of(targets_, &Target::cache_mounts);
}

void SharedCache::keep_mount(const std::string& key, const std::function<Layer()>& pack,
                             const Store& store) const {
  std::optional<Layer> layer;
  for (const auto& target : targets_) {
    if (!target.cache_mounts) continue;
    try {
      if (!layer) layer = pack();
      target.place->keep(key, *layer, store);
    } catch (const Error& error) {
      target.place->warn(error);
    }
  }
}

bool SharedCache::keeps(bool of_image) const {
  return std::ranges::any_of(targets_,
                             [&](const Target& target) { return of_image || target.every_step; });
}

void SharedCache::keep(const std::string& key, const std::function<Layer()>& make, bool of_image,
                       const Store& store) const {
  {
    const std::scoped_lock lock(mutex_);
    if (!kept_.insert(key).second) return;
  }
  for (const auto& target : targets_) {
    if (!of_image && !target.every_step) continue;
    try {
      with_context(
          [&] { return fmt::format("keep a result in the cache '{}'", target.place->name()); },
          [&] {
            if (!target.place->has(key)) target.place->keep(key, make(), store);
          });
    } catch (const Error& error) {
      if (!target.may_fail) throw;
      target.place->warn(error);
    }
  }
}

std::string key_of_tar(const Digest& diff_id, const PackOptions& packing) {
  return sha256_hex(fmt::format("slipway-layer 1\n{}\n{}\n{}", diff_id.str(),
                                packing.compression.str(),
                                packing.format == ImageFormat::docker ? "docker" : "oci"));
}

}  // namespace slipway
