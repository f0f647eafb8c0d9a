#include "layer/tar_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/path.hpp"
#include "layer/utf8_locale.hpp"
#include "layer/view.hpp"

namespace slipway {
namespace {

/// Longer paths are made to hurt: each of their parts costs memory of its own.
constexpr std::size_t max_path = 8192;

constexpr std::string_view whiteout_prefix = ".wh.";
constexpr std::string_view opaque_name = ".wh..wh..opq";
constexpr std::string_view aufs_prefix = ".wh..wh.";

Error refused(std::string_view name, std::string_view why) {
  return Error(Errc::input, fmt::format("read layer entry '{}': {}", printable(name), why));
}

/// Without ".", empty parts and slashes at the ends; ".." is refused, for no
/// layer needs it but to get out of the root.
std::string entry_path(std::string_view name) {
  if (name.size() > max_path) {
    throw refused(name, fmt::format("the name is longer than {} bytes", max_path));
  }
  std::string path;
  path.reserve(name.size());
  std::string_view rest = name;
  for (auto part = take_part(rest); !part.empty(); part = take_part(rest)) {
    if (part == ".") continue;
    if (part == "..") throw refused(name, "the name has '..' in it");
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

std::uint32_t owner_id(la_int64_t id, std::string_view name) {
  if (id < 0 || id > std::numeric_limits<std::uint32_t>::max()) {
    throw refused(name, "the owner is out of range");
  }
  return static_cast<std::uint32_t>(id);
}

EntryType type_of(const archive_entry* from, std::string_view name) {
  switch (archive_entry_filetype(const_cast<archive_entry*>(from))) {
    case AE_IFREG:
      return EntryType::file;
    case AE_IFDIR:
      return EntryType::directory;
    case AE_IFLNK:
      return EntryType::symlink;
    case AE_IFIFO:
      return EntryType::fifo;
    case AE_IFCHR:
      return EntryType::character_device;
    case AE_IFBLK:
      return EntryType::block_device;
    default:
      throw refused(name, "unknown type of file");
  }
}

/// A whiteout is told by its name, whatever type the tar says it is.
void recognise_whiteout(Entry& entry) {
  const std::string_view base = base_name(entry.path);
  if (!base.starts_with(whiteout_prefix)) return;
  const std::string_view hidden = base.substr(whiteout_prefix.size());
  if (hidden.empty() || hidden == "." || hidden == "..") {
    throw refused(entry.path, "not the name of a whiteout");
  }
  std::string path(parent_name(entry.path));
  if (base == opaque_name) {
    entry.type = EntryType::opaque;
  } else {
    if (!path.empty()) path += '/';
    path += hidden;
    entry.type = EntryType::whiteout;
  }
  entry.path = std::move(path);
  entry.size = 0;
  entry.link_target.clear();
}

/// Files that the AUFS driver kept for itself: "/.wh..wh.plnk/12.34".
bool is_of_aufs(std::string_view path) {
  const auto part = path.find(aufs_prefix);
  if (part == std::string_view::npos || (part > 0 && path[part - 1] != '/')) return false;
  return path.substr(part) != opaque_name;
}

std::vector<std::pair<std::string, std::string>> xattrs_of(archive_entry* from) {
  std::vector<std::pair<std::string, std::string>> xattrs;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  archive_entry_xattr_reset(from);
  while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
    xattrs.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  std::ranges::sort(xattrs);
  return xattrs;
}

struct FreeReader {
  void operator()(archive* a) const { archive_read_free(a); }
};

}  // namespace

struct TarReader::State {
  State(const ByteSource& read, TarDigest digest) : stream(read, digest) {}

  TarStream stream;
  std::exception_ptr failure = {};
  std::unique_ptr<archive, FreeReader> reader{archive_read_new()};
  archive_entry* raw = nullptr;
  Entry entry = {};
  bool of_aufs = false;
  std::uint64_t end_of_previous = 0;
  std::uint64_t position = 0;             // in the content of the current file
  std::span<const std::byte> block = {};  // read, not handed out yet
  std::uint64_t block_position = 0;       // where it belongs: holes lie between blocks

  /// Warnings are of names that are not UTF-8, which is no fault here.
  bool check(int result, std::string_view action) {
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return true;
    if (failure) std::rethrow_exception(failure);
    if (result == ARCHIVE_EOF) return false;
    const char* reason = archive_error_string(reader.get());
    throw Error(Errc::input, fmt::format("{}: {}", action, reason ? reason : "damaged archive"));
  }

  static la_ssize_t on_read(archive* reader, void* self, const void** data) noexcept {
    auto& state = *static_cast<State*>(self);
    try {
      const auto bytes = state.stream.next();
      *data = bytes.data();
      return static_cast<la_ssize_t>(bytes.size());
    } catch (...) {
      state.failure = std::current_exception();
      archive_set_error(reader, EIO, "reading failed");
      return -1;
    }
  }

  /// The next block of content; at the end an empty one that stands there.
  void read_block() {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(reader.get(), &bytes, &size, &offset);
    const auto action = [&] { return fmt::format("read layer entry '{}'", printable(entry.path)); };
    if (result != ARCHIVE_OK && !check(result, action())) {
      block_position = std::max(position, entry.size);
      return;
    }
    block = {static_cast<const std::byte*>(bytes), size};
    block_position = static_cast<std::uint64_t>(offset);
  }

  void take(archive_entry* from) {
    const char* name = archive_entry_pathname(from);
    if (name == nullptr) throw Error(Errc::input, "read a layer: an entry has no name");
    entry = {};
    entry.path = entry_path(name);
    of_aufs = is_of_aufs(entry.path);
    if (of_aufs) return;
    entry.mode = archive_entry_perm(from) & 07777;
    entry.uid = owner_id(archive_entry_uid(from), name);
    entry.gid = owner_id(archive_entry_gid(from), name);
    entry.mtime = archive_entry_mtime(from);
    if (const char* target = archive_entry_hardlink(from)) {
      entry.type = EntryType::hardlink;
      entry.link_target = clean_path(target);
    } else {
      entry.type = type_of(from, name);
      take_by_type(from);
    }
    entry.xattrs = xattrs_of(from);
    recognise_whiteout(entry);
  }

  void take_by_type(archive_entry* from) {
    if (entry.type == EntryType::file) {
      entry.size = static_cast<std::uint64_t>(archive_entry_size(from));
    } else if (entry.type == EntryType::symlink) {
      const char* target = archive_entry_symlink(from);
      entry.link_target = target != nullptr ? target : "";
    } else if (entry.type == EntryType::character_device || entry.type == EntryType::block_device) {
      entry.device_major = static_cast<std::uint32_t>(archive_entry_rdevmajor(from));
      entry.device_minor = static_cast<std::uint32_t>(archive_entry_rdevminor(from));
    }
  }
};

TarReader::TarReader(const ByteSource& read, TarDigest digest)
    : state_(std::make_unique<State>(read, digest)) {
  archive* reader = state_->reader.get();
  if (reader == nullptr) throw Error(Errc::environment, "read a layer: out of memory");
  constexpr std::string_view action = "read a layer";
  state_->check(archive_read_support_format_tar(reader), action);
  state_->check(archive_read_support_format_empty(reader), action);
  state_->check(archive_read_open(reader, state_.get(), nullptr, &State::on_read, nullptr), action);
}

TarReader::~TarReader() = default;

const Entry* TarReader::next() {
  const Utf8Locale locale;
  archive* reader = state_->reader.get();
  state_->position = 0;
  state_->block = {};
  for (bool first = true;; first = false) {
    const int result = archive_read_next_header(reader, &state_->raw);
    if (first) {
      state_->end_of_previous = static_cast<std::uint64_t>(archive_read_header_position(reader));
    }
    if (!state_->check(result, "read a layer")) return nullptr;
    state_->take(state_->raw);
    if (!state_->of_aufs) return &state_->entry;
  }
}

std::span<const std::byte> TarReader::data() {
  static constexpr std::array<std::byte, 64 * 1024> zeros = {};
  State& state = *state_;
  if (state.block.empty()) state.read_block();
  if (state.block_position > state.position) {
    const auto gap = std::min<std::uint64_t>(state.block_position - state.position, zeros.size());
    state.position += gap;
    return std::span(zeros).first(static_cast<std::size_t>(gap));
  }
  state.position += state.block.size();
  return std::exchange(state.block, {});
}

std::uint64_t TarReader::end_of_previous() const { return state_->end_of_previous; }

bool TarReader::contiguous() const { return archive_entry_sparse_count(state_->raw) == 0; }

TarReader::Summary TarReader::finish() {
  while (!state_->stream.next().empty()) {
  }
  return {state_->stream.digest(), state_->stream.size()};
}

}  // namespace slipway
