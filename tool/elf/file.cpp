#include "elf/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"
#include "elf/build_id.hpp"

namespace slipway::elf {
namespace {

// No honest file comes near these; they bound what a damaged one makes us read.
constexpr std::uint64_t interpreter_limit = 4096;
constexpr std::uint64_t notes_limit = 1u << 20;
constexpr std::uint64_t dynamic_limit = 1u << 20;
constexpr std::uint64_t table_limit = 256u << 20;

std::string_view content_of(const Elf_Data* data) {
  if (data->d_buf == nullptr) return {};
  return {static_cast<const char*>(data->d_buf), data->d_size};
}

}  // namespace

std::optional<ElfFile> ElfFile::open(const std::filesystem::path& path) {
  // A path may lead to a pipe or a device: O_NONBLOCK does not wait for a peer.
  Fd fd = open_file(path, O_RDONLY | O_NONBLOCK);
  const std::string name = printable(path.native());
  struct stat st = {};
  if (::fstat(fd.get(), &st) != 0) throw Error::from_errno(errno, fmt::format("stat '{}'", name));
  if (!S_ISREG(st.st_mode)) return std::nullopt;
  std::array<std::byte, SELFMAG> magic = {};
  if (read_some(fd, magic, path.native()) < magic.size()) return std::nullopt;
  if (std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0) return std::nullopt;
  if (::lseek(fd.get(), 0, SEEK_SET) != 0)
    throw Error::from_errno(errno, fmt::format("seek in '{}'", name));
  return ElfFile(std::move(fd), static_cast<std::uint64_t>(st.st_size), name);
}

ElfFile::ElfFile(Fd fd, std::uint64_t size, std::string name)
    : fd_(std::move(fd)), size_(size), name_(std::move(name)) {
  if (elf_version(EV_CURRENT) == EV_NONE) {
    throw Error(Errc::internal, "start libelf: it is older than its own header");
  }
  elf_.reset(elf_begin(fd_.get(), ELF_C_READ, nullptr));
  if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF) damaged("its header is cut short");
  if (gelf_getehdr(elf_.get(), &header_) == nullptr) damaged("its header cannot be read");
  read_program_headers();
}

void ElfFile::damaged(std::string_view why) const {
  throw Error(Errc::input, fmt::format("read '{}': damaged ELF file: {}", name_, why));
}

void ElfFile::read_program_headers() {
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) damaged("its program headers cannot be counted");
  std::optional<Segment> dynamic;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header = {};
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr)
      damaged("its program headers are cut short");
    headers_.push_back(header);
    const Segment segment{header.p_vaddr, header.p_offset, header.p_filesz};
    if (header.p_type == PT_LOAD) {
      loads_.push_back(segment);
    } else if (header.p_type == PT_INTERP) {
      const auto text = content_of(chunk(segment, interpreter_limit, "interpreter", ELF_T_BYTE));
      interpreter_ = text.substr(0, text.find('\0'));
    } else if (header.p_type == PT_NOTE && build_id_.empty()) {
      read_build_id(header);
    } else if (header.p_type == PT_DYNAMIC) {
      dynamic = segment;
    }
  }
  is_dynamic_ = dynamic.has_value();
  if (dynamic && dynamic->size > 0) read_dynamic(*dynamic);
}

void ElfFile::read_build_id(const GElf_Phdr& segment) {
  if (segment.p_filesz > notes_limit || segment.p_offset > size_ ||
      segment.p_filesz > size_ - segment.p_offset)
    return;
  if (const auto found = find_build_id(elf_.get(), segment)) build_id_ = to_hex(found->bytes);
}

void ElfFile::read_dynamic(const Segment& segment) {
  Elf_Data* data = chunk(segment, dynamic_limit, "dynamic section", ELF_T_DYN);
  const auto entry_size = size_of(ELF_T_DYN);
  for (std::size_t i = 0; i < data->d_size / entry_size; ++i) {
    GElf_Dyn entry = {};
    if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr)
      damaged("its dynamic section is cut short");
    if (entry.d_tag == DT_NULL) break;
    dynamic_.push_back(entry);
  }
  const auto address = dynamic(DT_STRTAB);
  if (!address) return;
  strings_ = content_of(table(*address, dynamic(DT_STRSZ).value_or(0), ELF_T_BYTE, "string table"));
}

std::string_view ElfFile::bytes_of(const GElf_Phdr& segment, std::string_view what) const {
  if (segment.p_filesz == 0) return {};
  return content_of(chunk({segment.p_vaddr, segment.p_offset, segment.p_filesz}, dynamic_limit,
                          what, ELF_T_BYTE));
}

std::optional<std::uint64_t> ElfFile::dynamic(std::int64_t tag) const {
  const auto found = std::ranges::find(dynamic_, tag, &GElf_Dyn::d_tag);
  return found == dynamic_.end() ? std::nullopt : std::optional(found->d_un.d_val);
}

std::string_view ElfFile::string_at(std::uint64_t offset) const {
  if (offset >= strings_.size()) damaged("a name is beyond its string table");
  const auto rest = strings_.substr(offset);
  const auto end = rest.find('\0');
  if (end == std::string_view::npos) damaged("its string table has no end");
  return rest.substr(0, end);
}

const ElfFile::Segment& ElfFile::segment_of(std::uint64_t address, std::string_view what) const {
  const auto found = std::ranges::find_if(loads_, [&](const Segment& segment) {
    return address >= segment.address && address - segment.address < segment.size;
  });
  if (found == loads_.end()) damaged(fmt::format("its {} is in no segment", what));
  return *found;
}

Elf_Data* ElfFile::table(std::uint64_t address, std::uint64_t size, Elf_Type type,
                         std::string_view what) const {
  const auto& segment = segment_of(address, what);
  return chunk({address, segment.offset + (address - segment.address), size}, table_limit, what,
               type);
}

Numbers ElfFile::numbers_at(std::uint64_t address, std::uint64_t size,
                            std::string_view what) const {
  if (size == 0) return {};
  return {std::string(content_of(table(address, size, ELF_T_BYTE, what))), is_little_endian()};
}

std::uint64_t ElfFile::room_at(std::uint64_t address, std::string_view what) const {
  const auto& segment = segment_of(address, what);
  return std::min(segment.address + segment.size - address, table_limit);
}

Elf_Data* ElfFile::chunk(const Segment& segment, std::uint64_t limit, std::string_view what,
                         Elf_Type type) const {
  // Checked here too: libelf before 0.188 adds offset and size without a care
  // for overflow.
  if (segment.offset > size_ || segment.size > size_ - segment.offset) {
    damaged(fmt::format("its {} is beyond its end", what));
  }
  if (segment.size > limit) damaged(fmt::format("its {} is too large", what));
  Elf_Data* data = elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(segment.offset),
                                        static_cast<std::size_t>(segment.size), type);
  if (data == nullptr) damaged(fmt::format("its {} cannot be read", what));
  return data;
}

}  // namespace slipway::elf
