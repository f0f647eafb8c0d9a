#include "layer/unpack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/tar_header.hpp"
#include "layer/tar_reader.hpp"
#include "layer/tree_writer.hpp"

namespace slipway {
namespace {

/// Reads the content of the current file for its digest and excerpt.
void list_file(TarReader& reader, Entry& entry, Contents& contents) {
  std::string* excerpt = nullptr;
  if (entry.size <= max_excerpt_size && is_excerpt(entry.path)) {
    excerpt = &contents.excerpts[entry.path];
    excerpt->clear();
  }
  Sha256 hash;
  for (auto bytes = reader.data(); !bytes.empty(); bytes = reader.data()) {
    hash.update(bytes);
    if (excerpt != nullptr) {
      excerpt->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
  }
  entry.content = Digest::from_hex(hash.finish());
}

/// A file's content ends where its padding begins, and that where the next
/// entry does. The content of a sparse file lies in no one place.
void set_offset(Entry& entry, bool contiguous, std::uint64_t end) {
  if (entry.type != EntryType::file || !contiguous) return;
  entry.offset = end - tar_padding(entry.size) - entry.size;
}

}  // namespace

ListedLayer list_layer(const ByteSource& read) {
  TarReader reader(read, TarDigest::wanted);
  ListedLayer listed;
  auto& entries = listed.contents.entries;
  bool contiguous = true;
  while (const Entry* next = reader.next()) {
    if (!entries.empty()) set_offset(entries.back(), contiguous, reader.end_of_previous());
    Entry& entry = entries.emplace_back(*next);
    contiguous = reader.contiguous();
    if (entry.type == EntryType::file) list_file(reader, entry, listed.contents);
  }
  if (!entries.empty()) set_offset(entries.back(), contiguous, reader.end_of_previous());
  const auto summary = reader.finish();
  listed.diff_id = summary.diff_id.value();
  listed.tar_size = summary.size;
  return listed;
}

void unpack(const ByteSource& read, const Fd& into, const UnpackOptions& options) {
  TarReader reader(read);
  TreeWriter writer(into, options);
  for (const Entry& parent : options.parents) writer.apply(parent, reader);
  while (const Entry* entry = reader.next()) {
    with_context([&] { return fmt::format("unpack '{}'", printable(entry->path)); },
                 [&] { writer.apply(*entry, reader); });
  }
  reader.finish();
  writer.finish();
}

void extract(const ByteSource& read, const std::vector<std::string>& wanted,
             const std::function<void(const std::string&, std::span<const std::byte>)>& sink) {
  const std::unordered_set<std::string> names(wanted.begin(), wanted.end());
  TarReader reader(read);
  while (const Entry* entry = reader.next()) {
    if (entry->type != EntryType::file || !names.contains(entry->path)) continue;
    for (auto bytes = reader.data(); !bytes.empty(); bytes = reader.data()) {
      sink(entry->path, bytes);
    }
    sink(entry->path, {});
  }
  reader.finish();
}

}  // namespace slipway
