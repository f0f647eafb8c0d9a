#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digesting.hpp"
#include "base/file.hpp"
#include "oci/image.hpp"

namespace slipway {

class Store;

/// Bytes on their way into a blob directory. commit() puts them in place under
/// their digest; without it the destructor leaves no trace.
class BlobWriter {
 public:
  BlobWriter(std::filesystem::path blobs, const std::filesystem::path& scratch);

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  /// Ends the blob: mode 0444, fixed time, renamed to its digest. A blob that
  /// is there already stays.
  Descriptor commit(std::string_view media_type) &&;

  /// The same for a blob that must be `expected`; throws Errc::integrity, and
  /// leaves no trace, when it is another.
  void commit_as(const Descriptor& expected) &&;

  std::uint64_t size() const noexcept { return size_; }

 private:
  void put_in_place(const Digest& digest);

  std::filesystem::path blobs_;
  TemporaryFile file_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

/// Reads one blob and checks its digest and size at the end.
class BlobReader {
 public:
  BlobReader(const std::filesystem::path& path, const Descriptor& descriptor);

  /// 0 at the end; throws Errc::integrity there when the digest is wrong.
  std::size_t read(std::span<std::byte> bytes);

 private:
  std::string name_;
  Descriptor expected_;
  Fd fd_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
  bool done_ = false;
};

/// Knows where blobs can be had that a layout lacks. Safe to use by several threads.
class BlobSource {
 public:
  virtual ~BlobSource() = default;

  /// Whether bring() would have a place to look for the blob; asks nobody.
  virtual bool knows(const Digest& digest) const = 0;

  /// Put the blobs into the layout. Throws what went wrong, and for a blob that is
  /// not known Errc::input.
  virtual void bring(const std::vector<Descriptor>& blobs) const = 0;
};

/// An OCI image layout directory (image-spec image-layout.md). It may have a source
/// of blobs that it lacks: they are brought when something reads them.
class Layout {
 public:
  explicit Layout(std::filesystem::path root) : Layout(root, root) {}

  /// What is still being written lies in `scratch`, on the same filesystem.
  Layout(std::filesystem::path root, std::filesystem::path scratch)
      : root_(std::move(root)), scratch_(std::move(scratch)) {}

  /// An existing one. Throws Errc::input: "open image layout '<dir>': ...".
  static Layout open(const std::filesystem::path& root);

  /// Make the directory and oci-layout file where missing.
  static Layout create(const std::filesystem::path& root) { return create(Layout(root)); }
  static Layout create(Layout layout);

  /// The same directory, which fetches what it lacks.
  Layout with_source(std::shared_ptr<const BlobSource> source) const;

  const std::filesystem::path& root() const noexcept { return root_; }
  std::filesystem::path blob_path(const Digest& digest) const;

  /// True when the blob is there with the right size.
  bool contains(const Descriptor& descriptor) const;

  /// True when the blob is there, or its source knows it.
  bool can_read(const Descriptor& descriptor) const;

  /// Let the source bring what is missing of them, several at once: for who is about
  /// to read them all. What no source knows stays missing.
  void require(const std::vector<Descriptor>& descriptors) const;

  /// Brings the blob first where it is missing. Throws what its source says, and
  /// Errc::input with the digest when there is none.
  BlobReader read(const Descriptor& descriptor) const;

  /// The same of its bytes, as they are: of which only the size is checked.
  Fd open_blob(const Descriptor& descriptor) const;

  /// A whole small blob (manifest, config; at most 4 MiB, else Errc::input).
  std::string read_document(const Descriptor& descriptor) const;

  BlobWriter begin() const;
  Descriptor write_document(std::string_view content, std::string_view media_type) const;

  Index index() const;
  /// Replaces index.json, only when it changes.
  void write_index(const Index& index) const;

  /// Let `change` change the index, under the layout's lock.
  void change_index(const std::function<void(Index&)>& change) const;

  /// Adds an entry without a name, unless the index has the manifest already.
  void add_untagged(Descriptor manifest) const;

  /// Adds or replaces the entry named `name` (ref_name_annotation), under the
  /// layout's lock.
  void set_tag(const std::string& name, Descriptor manifest) const;

 private:
  void require_one(const Descriptor& descriptor) const;

  std::filesystem::path root_;
  std::filesystem::path scratch_;
  std::shared_ptr<const BlobSource> source_ = {};
};

/// Bring a blob of another layout, its digest checked, unless it is there.
void copy_blob(const Layout& from, const Descriptor& blob, const Layout& to);

/// True for indexes, OCI's and Docker's.
bool is_index(const Descriptor& descriptor);

/// The index's first entry for the platform, or its first inner index; nullptr:
/// none.
const Descriptor* find_platform(const Index& index, const Platform& platform);

/// The entry of a layout's index by tag or digest when given, else the only one.
/// Throws Errc::input listing what there is.
Descriptor find_entry(const Layout& layout, std::string_view tag_or_digest);

/// The image's manifest chosen from a layout: by tag or digest when given, else
/// the only one; of an index the one for `platform`. Throws Errc::input listing
/// what there is.
struct LocatedImage {
  Descriptor descriptor = {};
  Manifest manifest = {};
  ImageConfig config = {};
};
LocatedImage locate_image(const Layout& layout, std::string_view tag_or_digest,
                          const Platform& platform);

/// The same from an entry that was chosen already; it need not stand in index.json.
LocatedImage locate_image(const Layout& layout, Descriptor entry, const Platform& platform);

/// What all builds of a user share: an OCI layout (blobs, tags in index.json)
/// with tables of contents by diff ID and records of steps beside it.
/// A cache: anything in it may vanish at any time and is made again.
class Store {
 public:
  /// $SLIPWAY_STORE, else slipway in $XDG_CACHE_HOME or ~/.cache.
  static std::filesystem::path default_path();
  static Store open(const std::filesystem::path& root);

  /// The same store, whose blobs() fetch what they lack.
  Store with_source(std::shared_ptr<const BlobSource> source) const {
    return Store(layout_.with_source(std::move(source)));
  }

  const Layout& blobs() const noexcept { return layout_; }
  const std::filesystem::path& root() const noexcept { return layout_.root(); }

  bool has_contents(const Digest& diff_id) const;
  /// The text of a layer's table of contents (layer/contents.hpp).
  std::optional<std::string> read_contents(const Digest& diff_id) const;
  void write_contents(const Digest& diff_id, std::string_view text) const;

  /// Held by who makes things that nothing refers to yet, so that nobody removes them.
  FileLock in_use() const;

  /// Held by who removes what nothing refers to: waits until nobody makes anything.
  FileLock idle() const;
  /// The same; nullopt: somebody does.
  std::optional<FileLock> try_idle() const;

  /// A folder of the store for things other than blobs, made when missing.
  std::filesystem::path folder(std::string_view name) const;

 private:
  explicit Store(Layout layout) : layout_(std::move(layout)) {}
  Layout layout_;
};

}  // namespace slipway
