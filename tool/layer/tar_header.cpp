#include "layer/tar_header.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/path.hpp"
#include "layer/utf8_locale.hpp"

namespace slipway {
namespace {

/// As a tar names it: whiteouts are empty files beside what they hide.
std::string tar_name(const Entry& entry) {
  if (entry.type == EntryType::whiteout) {
    const std::string_view base = base_name(entry.path);
    std::string name = entry.path;
    return name.insert(name.size() - base.size(), ".wh.");
  }
  if (entry.type == EntryType::opaque) {
    return entry.path.empty() ? ".wh..wh..opq" : entry.path + "/.wh..wh..opq";
  }
  return entry.path.empty() ? "." : entry.path;
}

mode_t file_type(EntryType type) {
  switch (type) {
    case EntryType::directory:
      return S_IFDIR;
    case EntryType::symlink:
      return S_IFLNK;
    case EntryType::fifo:
      return S_IFIFO;
    case EntryType::character_device:
      return S_IFCHR;
    case EntryType::block_device:
      return S_IFBLK;
    case EntryType::file:
    case EntryType::hardlink:
    case EntryType::whiteout:
    case EntryType::opaque:
      break;
  }
  return S_IFREG;
}

void fill(archive_entry* out, const Entry& entry) {
  archive_entry_clear(out);
  archive_entry_copy_pathname(out, tar_name(entry).c_str());
  archive_entry_set_mode(out, file_type(entry.type) | (entry.mode & 07777));
  archive_entry_set_uid(out, entry.uid);
  archive_entry_set_gid(out, entry.gid);
  archive_entry_set_mtime(out, entry.mtime, 0);
  archive_entry_set_size(out,
                         entry.type == EntryType::file ? static_cast<la_int64_t>(entry.size) : 0);
  if (entry.type == EntryType::symlink) {
    archive_entry_copy_symlink(out, entry.link_target.c_str());
  } else if (entry.type == EntryType::hardlink) {
    archive_entry_copy_hardlink(out, entry.link_target.c_str());
  }
  archive_entry_set_rdevmajor(out, entry.device_major);
  archive_entry_set_rdevminor(out, entry.device_minor);
  for (const auto& [name, value] : entry.xattrs) {
    archive_entry_xattr_add_entry(out, name.c_str(), value.data(), value.size());
  }
}

struct FreeArchive {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

}  // namespace

struct TarHeaders::State {
  std::vector<std::byte> bytes = {};
  bool keep = true;
  std::unique_ptr<archive_entry, FreeEntry> entry{archive_entry_new()};
  std::unique_ptr<archive, FreeArchive> writer{archive_write_new()};

  /// ARCHIVE_WARN is success: libarchive warns of names that are not UTF-8,
  /// and writes them as they are.
  void check(int result, std::string_view action) const {
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
    const char* reason = archive_error_string(writer.get());
    throw Error(Errc::input, fmt::format("{}: {}", action, reason ? reason : "out of memory"));
  }

  static la_ssize_t on_bytes(archive* /*writer*/, void* self, const void* data,
                             std::size_t size) noexcept {
    auto& state = *static_cast<State*>(self);
    try {
      const auto* begin = static_cast<const std::byte*>(data);
      if (state.keep) state.bytes.insert(state.bytes.end(), begin, begin + size);
    } catch (const std::bad_alloc&) {
      archive_set_error(state.writer.get(), ENOMEM, "out of memory");
      return -1;
    }
    return static_cast<la_ssize_t>(size);
  }
};

TarHeaders::TarHeaders() : state_(std::make_unique<State>()) {
  archive* writer = state_->writer.get();
  if (writer == nullptr || !state_->entry) {
    throw Error(Errc::environment, "start a tar: out of memory");
  }
  constexpr std::string_view action = "start a tar";
  state_->check(archive_write_set_format_pax_restricted(writer), action);
  state_->check(archive_write_set_format_option(writer, "pax", "xattrheader", "SCHILY"), action);
  state_->check(archive_write_set_bytes_per_block(writer, 0), action);
  state_->check(archive_write_set_bytes_in_last_block(writer, 1), action);
  state_->check(archive_write_open(writer, state_.get(), nullptr, &State::on_bytes, nullptr),
                action);
}

TarHeaders::~TarHeaders() {
  state_->keep = false;  // freeing the writer ends the archive
}

std::span<const std::byte> TarHeaders::header(const Entry& entry) {
  const Utf8Locale locale;
  const auto action = [&] { return fmt::format("write header of '{}'", printable(entry.path)); };
  state_->bytes.clear();
  fill(state_->entry.get(), entry);
  const int result = archive_write_header(state_->writer.get(), state_->entry.get());
  if (result != ARCHIVE_OK) state_->check(result, action());
  // libarchive fills up content that it was not given with zeros; it goes elsewhere.
  state_->keep = false;
  const int finished = archive_write_finish_entry(state_->writer.get());
  if (finished != ARCHIVE_OK) state_->check(finished, action());
  state_->keep = true;
  return state_->bytes;
}

std::span<const std::byte> TarHeaders::end() {
  state_->bytes.clear();
  state_->check(archive_write_close(state_->writer.get()), "end a tar");
  return state_->bytes;
}

}  // namespace slipway
