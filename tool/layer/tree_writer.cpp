#include "layer/tree_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/file_entry.hpp"
#include "layer/metadata.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace {

[[noreturn]] void fail(std::string_view action) { throw Error::from_errno(errno, action); }

bool all_zero(std::span<const std::byte> bytes) {
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// Long runs of zeros become holes: what was a sparse file stays one.
void write_content(const Fd& file, TarReader& reader) {
  constexpr std::size_t worth_a_hole = 4096;
  bool ends_in_hole = false;
  off_t size = 0;
  for (auto bytes = reader.data(); !bytes.empty(); bytes = reader.data()) {
    size += static_cast<off_t>(bytes.size());
    ends_in_hole = bytes.size() >= worth_a_hole && all_zero(bytes);
    if (!ends_in_hole) {
      write_all(file, bytes, "content");
    } else if (::lseek(file.get(), size, SEEK_SET) < 0) {
      fail("write a hole");
    }
  }
  if (ends_in_hole && ::ftruncate(file.get(), size) != 0) fail("write a hole");
}

mode_t node_type(EntryType type) {
  if (type == EntryType::fifo) return S_IFIFO;
  return type == EntryType::character_device ? S_IFCHR : S_IFBLK;
}

}  // namespace

void TreeWriter::apply(const Entry& entry, TarReader& reader) {
  if (entry.path.empty() && entry.type != EntryType::directory && entry.type != EntryType::opaque) {
    throw Error(Errc::input, "the root can only be a directory");
  }
  const bool keeps = options_.whiteouts == Whiteouts::keep;
  const auto is_mark = [](const auto& attribute) { return is_overlay_attribute(attribute.first); };
  if (!keeps || std::ranges::none_of(entry.xattrs, is_mark)) return put(entry, reader);
  Entry harmless = entry;  // an image must not set marks of its own
  std::erase_if(harmless.xattrs, is_mark);
  put(harmless, reader);
}

void TreeWriter::put(const Entry& entry, TarReader& reader) {
  switch (entry.type) {
    case EntryType::directory:
      return directories_.put(entry);
    case EntryType::file:
      return put_file(entry, reader);
    case EntryType::hardlink:
      return put_hardlink(entry);
    case EntryType::symlink:
      return put_symlink(entry);
    case EntryType::fifo:
    case EntryType::character_device:
    case EntryType::block_device:
      return put_special(entry);
    case EntryType::whiteout:
      return hide(entry);
    case EntryType::opaque:
      return hide_children(entry);
  }
}

void TreeWriter::put_file(const Entry& entry, TarReader& reader) {
  const Fd& parent = directories_.open(parent_name(entry.path));
  const std::string name(base_name(entry.path));
  clear(parent, name);
  Fd file(::openat(parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   0600));
  if (!file) fail("create the file");
  write_content(file, reader);
  set_metadata(file, entry, options_.owners);
  file.close_checked("content");
  note_made(parent, name);
}

void TreeWriter::put_hardlink(const Entry& entry) {
  const auto missing = [&] {
    return Error(Errc::input, fmt::format("hard link to '{}', which is not there",
                                          printable(entry.link_target)));
  };
  const std::string target(base_name(entry.link_target));
  const auto target_parent = directories_.open_existing(parent_name(entry.link_target));
  const auto target_status =
      target_parent && !target.empty() ? stat_at(*target_parent, target) : std::nullopt;
  if (!target_status) throw missing();
  if (S_ISDIR(target_status->st_mode)) throw Error(Errc::input, "hard link to a directory");

  const Fd& parent = directories_.open(parent_name(entry.path));
  const std::string name(base_name(entry.path));
  const auto there = stat_at(parent, name);
  if (there && FileId::of(*there) == FileId::of(*target_status)) return;  // linked already
  clear(parent, name);
  if (::linkat(target_parent->get(), target.c_str(), parent.get(), name.c_str(), 0) != 0) {
    if (errno == ENOENT) throw missing();  // it was in what the link replaces
    fail("create the hard link");
  }
  note_made(parent, name);
}

void TreeWriter::put_symlink(const Entry& entry) {
  const Fd& parent = directories_.open(parent_name(entry.path));
  const std::string name(base_name(entry.path));
  clear(parent, name);
  if (::symlinkat(entry.link_target.c_str(), parent.get(), name.c_str()) != 0) {
    fail("create the symbolic link");
  }
  set_metadata_at(parent, name, entry, options_.owners);
  note_made(parent, name);
}

void TreeWriter::put_special(const Entry& entry) {
  if (entry.type != EntryType::fifo && !options_.devices) return;
  const Fd& parent = directories_.open(parent_name(entry.path));
  const std::string name(base_name(entry.path));
  clear(parent, name);
  const dev_t device = makedev(entry.device_major, entry.device_minor);
  if (::mknodat(parent.get(), name.c_str(), node_type(entry.type) | 0600, device) != 0) {
    fail("create the special file");
  }
  set_metadata_at(parent, name, entry, options_.owners);
  note_made(parent, name);
}

void TreeWriter::hide(const Entry& entry) {
  const auto parent = directories_.open_existing(parent_name(entry.path));
  if (!parent) return;
  const std::string name(base_name(entry.path));
  remove_tree(*parent, name, made_);
  directories_.paths_changed();
  if (options_.whiteouts == Whiteouts::obey) return;
  const auto kept = stat_at(*parent, name);
  if (!kept) {
    if (::mknodat(parent->get(), name.c_str(), S_IFCHR, 0) != 0) fail("mark as removed");
  } else if (S_ISDIR(kept->st_mode)) {
    mark_opaque(*parent, name);
  }
}

void TreeWriter::hide_children(const Entry& entry) {
  const auto directory = directories_.open_existing(entry.path);
  if (!directory) return;
  remove_children(*directory, made_);
  directories_.paths_changed();
  if (options_.whiteouts == Whiteouts::keep) mark_opaque(*directory, ".");
}

/// Make room for a new file of this name.
void TreeWriter::clear(const Fd& parent, const std::string& name) {
  const auto there = stat_at(parent, name);
  if (!there) return;
  remove_tree(parent, name, {});
  if (!S_ISREG(there->st_mode)) directories_.paths_changed();
}

void TreeWriter::note_made(const Fd& parent, const std::string& name) {
  if (const auto status = stat_at(parent, name)) made_.insert(FileId::of(*status));
}

}  // namespace slipway
