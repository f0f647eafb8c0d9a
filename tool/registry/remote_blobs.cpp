#include "registry/remote_blobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "registry/parallel.hpp"

namespace slipway {
namespace {

/// The newest are kept: one is enough, if it is still there.
constexpr std::size_t most_images = 8;

// A file a blob: "<reference> <platform>" lines, the newest first.
std::filesystem::path images_file(const Digest& blob, const Store& store) {
  return store.folder("remote") / blob.hex();
}

std::vector<std::string> read_images(const Digest& blob, const Store& store) {
  auto lines = split(read_file_if_exists(images_file(blob, store)).value_or(""), '\n');
  std::erase(lines, "");
  return lines;
}

void note_image(const Digest& blob, const std::string& line, const Store& store) {
  auto lines = read_images(blob, store);
  if (!lines.empty() && lines.front() == line) return;
  std::erase(lines, line);
  lines.insert(lines.begin(), line);
  lines.resize(std::min(lines.size(), most_images));
  write_file_if_changed(images_file(blob, store), fmt::format("{}\n", fmt::join(lines, "\n")),
                        store.folder("tmp"));
}

}  // namespace

void note_remote_blobs(const std::vector<Descriptor>& blobs, const RemoteImage& image,
                       const Store& store) {
  const auto line = fmt::format("{} {}", image.reference.str(), image.platform.str());
  for (const auto& blob : blobs) note_image(blob.digest, line, store);
}

bool is_remote_blob(const Digest& blob, const Store& store) {
  return lstat_file(store.root() / "remote" / blob.hex()).has_value();
}

std::vector<RemoteImage> find_remote_images(const Digest& blob, const Store& store) {
  std::vector<RemoteImage> images;
  for (const auto& line : read_images(blob, store)) {
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
