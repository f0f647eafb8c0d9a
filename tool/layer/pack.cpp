#include "layer/pack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/block_stream.hpp"
#include "layer/path.hpp"
#include "layer/tar_header.hpp"

namespace slipway {
namespace {

std::string media_type_of(const PackOptions& options) {
  const bool oci = options.format == ImageFormat::oci;
  std::string type(oci ? media_type::oci_layer : media_type::docker_layer);
  switch (options.compression.kind) {
    case CompressionKind::none:
      return type;
    case CompressionKind::gzip:
      return type + (oci ? "+gzip" : ".gzip");
    case CompressionKind::zstd:
      return type + (oci ? "+zstd" : ".zstd");
  }
  return type;
}

Error changed(std::string_view path) {
  return Error(Errc::input,
               fmt::format("read '{}': the file changed while it was read", printable(path)));
}

struct stat stat_open_file(const Fd& file, std::string_view path) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) {
    throw Error::from_errno(errno, fmt::format("read '{}'", printable(path)));
  }
  return status;
}

/// Where a file's data and holes are.
class Extents {
 public:
  Extents(const Fd& file, const struct stat& status)
      : file_(file), has_holes_(status.st_blocks * 512 < status.st_size) {}

  /// The end of the hole that begins at `position`; `position` where there is none.
  off_t hole_end(off_t position, off_t size) const {
    if (!has_holes_) return position;
    const off_t data = ::lseek(file_.get(), position, SEEK_DATA);
    if (data < 0) return errno == ENXIO ? size : position;
    return std::min(data, size);
  }

  off_t data_end(off_t position, off_t size) const {
    if (!has_holes_) return size;
    const off_t hole = ::lseek(file_.get(), position, SEEK_HOLE);
    return hole <= position ? size : std::min(hole, size);
  }

 private:
  const Fd& file_;
  bool has_holes_;
};

/// Writes one layer's tar: the caller's thread reads files, makes headers and hands
/// the bytes on; beside it the digest of the tar and those of the files are computed.
class LayerTarWriter {
 public:
  LayerTarWriter(std::size_t count, ByteSink sink)
      : stream_([sink = std::move(sink)](const Block& block) { sink(block.bytes()); },
                {[this](const Block& block) { tar_hash_.update(block.bytes()); },
                 [this](const Block& block) { hash_files(block); }}) {
    contents_.entries.resize(count);
  }

  void add(const PackItem& item) {
    current_ = added_++;
    Entry& entry = contents_.entries[current_];
    entry = item.entry;
    if (entry.type == EntryType::file) entry.size = size_of(item);
    stream_.write(headers_.header(entry));
    if (entry.type != EntryType::file) return;
    entry.offset = stream_.position();
    start_excerpt(entry);
    if (const auto* bytes = std::get_if<FileBytes>(&item.bytes)) {
      add_file(*bytes, entry.size);
    } else if (const auto* text = std::get_if<std::string>(&item.bytes)) {
      add_bytes(std::as_bytes(std::span(*text)));
    }
    stream_.advance(0, current_, true);
    add_zeros(tar_padding(entry.size), false);
  }

  LayerTar finish() {
    stream_.write(headers_.end());
    const auto size = stream_.position();
    stream_.finish();
    return {Digest::from_hex(tar_hash_.finish()), size, std::move(contents_)};
  }

 private:
  using Block = BlockStream::Block;

  static std::uint64_t size_of(const PackItem& item) {
    const auto* text = std::get_if<std::string>(&item.bytes);
    return text ? text->size() : item.entry.size;
  }

  void start_excerpt(const Entry& entry) {
    const bool wanted = entry.size <= max_excerpt_size && is_excerpt(entry.path);
    excerpt_ = wanted ? &contents_.excerpts[entry.path] : nullptr;
    if (excerpt_ != nullptr) excerpt_->clear();
  }

  /// The first `size` bytes of the stream's room belong to the current file.
  void advance_file(std::size_t size) {
    if (excerpt_ != nullptr) {
      excerpt_->append(reinterpret_cast<const char*>(stream_.room().data()), size);
    }
    stream_.advance(size, current_, false);
  }

  void add_bytes(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto room = stream_.room();
      const std::size_t count = std::min(bytes.size(), room.size());
      std::memcpy(room.data(), bytes.data(), count);
      advance_file(count);
      bytes = bytes.subspan(count);
    }
  }

  void add_zeros(std::uint64_t count, bool of_file) {
    while (count > 0) {
      const auto room = stream_.room();
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(count, room.size()));
      std::memset(room.data(), 0, part);
      if (of_file) {
        advance_file(part);
      } else {
        stream_.advance(part);
      }
      count -= part;
    }
  }

  void add_file(const FileBytes& bytes, std::uint64_t size) {
    // O_NONBLOCK: a fifo that took the file's place must not stop us here.
    const auto file = open_long_in_root(*bytes.root, bytes.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const auto action = [&] { return fmt::format("open '{}'", printable(bytes.path)); };
    if (!file) throw Error::from_errno(ENOENT, action());
    const struct stat before = stat_open_file(*file, bytes.path);
    if (!S_ISREG(before.st_mode)) throw Error(Errc::input, action() + ": not a regular file");
    if (static_cast<std::uint64_t>(before.st_size) != size) throw changed(bytes.path);
    copy_content(*file, before, bytes.path);
    const struct stat after = stat_open_file(*file, bytes.path);
    const bool same = after.st_size == before.st_size &&
                      after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
                      after.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
    if (!same) throw changed(bytes.path);
  }

  void copy_content(const Fd& file, const struct stat& status, std::string_view path) {
    const Extents extents(file, status);
    const off_t size = status.st_size;
    off_t position = 0;
    while (position < size) {
      const off_t data = extents.hole_end(position, size);
      add_zeros(static_cast<std::uint64_t>(data - position), true);
      if (data == size) return;
      position = extents.data_end(data, size);
      copy_range(file, data, position, path);
    }
  }

  void copy_range(const Fd& file, off_t begin, off_t end, std::string_view path) {
    while (begin < end) {
      const auto room = stream_.room();
      const auto wanted = static_cast<std::size_t>(
          std::min<std::uint64_t>(static_cast<std::uint64_t>(end - begin), room.size()));
      const ssize_t count = ::pread(file.get(), room.data(), wanted, begin);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw Error::from_errno(errno, fmt::format("read '{}'", printable(path)));
      if (count == 0) throw changed(path);
      advance_file(static_cast<std::size_t>(count));
      begin += count;
    }
  }

  /// On a thread of its own; the caller's thread does not touch `content`.
  void hash_files(const Block& block) {
    for (const BlockStream::Piece& piece : block.pieces) {
      file_hash_.update(block.bytes(piece));
      if (!piece.last) continue;
      contents_.entries[piece.owner].content = Digest::from_hex(file_hash_.finish());
      file_hash_ = Sha256();
    }
  }

  Contents contents_;
  std::size_t added_ = 0;
  std::size_t current_ = 0;  // index of the entry in work
  std::string* excerpt_ = nullptr;
  TarHeaders headers_;
  Sha256 tar_hash_;
  Sha256 file_hash_;
  BlockStream stream_;  // last: its threads use what is above
};

}  // namespace

LayerTar tar_of(std::span<const PackItem> items, ByteSink sink) {
  LayerTarWriter tar(items.size(), std::move(sink));
  for (const PackItem& item : items) tar.add(item);
  return tar.finish();
}

PackedLayer pack(std::span<const PackItem> items, const PackOptions& options, const Store& store) {
  auto blob = store.blobs().begin();
  Compressor compressor(options.compression,
                        [&](std::span<const std::byte> bytes) { blob.write(bytes); });
  auto tar = tar_of(items, [&](std::span<const std::byte> bytes) { compressor.write(bytes); });
  compressor.finish();
  const auto descriptor = std::move(blob).commit(media_type_of(options));
  store.write_contents(tar.diff_id, to_text(tar.contents));
  return {{descriptor, tar.diff_id, tar.size}, std::move(tar.contents)};
}

}  // namespace slipway
