// An ELF file is read as the kernel and the dynamic loader read it: by its
// program headers only. Section headers may be stripped away or lie, and
// neither of the two looks at them.

#include "elf/object.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway::elf {
namespace {

// No honest file comes near these; they bound what a damaged one makes us read.
constexpr std::uint64_t interpreter_limit = 4096;
constexpr std::uint64_t dynamic_limit = 1u << 20;
constexpr std::uint64_t strings_limit = 256u << 20;

struct ElfCloser {
  void operator()(Elf* elf) const noexcept { elf_end(elf); }
};

struct Segment {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

class Reader {
 public:
  Reader(const Fd& fd, std::uint64_t file_size, std::string name)
      : file_size_(file_size), name_(std::move(name)) {
    if (elf_version(EV_CURRENT) == EV_NONE) {
      throw Error(Errc::internal, "start libelf: it is older than its own header");
    }
    elf_.reset(elf_begin(fd.get(), ELF_C_READ, nullptr));
    if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF) damaged("its header is cut short");
  }

  Object read() {
    read_header();
    read_program_headers();
    if (dynamic_.size > 0) read_dynamic();
    return std::move(object_);
  }

 private:
  [[noreturn]] void damaged(std::string_view why) const {
    throw Error(Errc::input, fmt::format("read '{}': damaged ELF file: {}", name_, why));
  }

  void read_header() {
    GElf_Ehdr header = {};
    if (gelf_getehdr(elf_.get(), &header) == nullptr) damaged("its header cannot be read");
    object_.machine = header.e_machine;
    object_.is_64_bit = header.e_ident[EI_CLASS] == ELFCLASS64;
    object_.little_endian = header.e_ident[EI_DATA] == ELFDATA2LSB;
  }

  void read_program_headers() {
    std::size_t count = 0;
    if (elf_getphdrnum(elf_.get(), &count) != 0) damaged("its program headers cannot be counted");
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Phdr header = {};
      if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr) {
        damaged("its program headers are cut short");
      }
      const Segment segment{header.p_offset, header.p_filesz};
      if (header.p_type == PT_LOAD) {
        loads_.push_back({header.p_vaddr, segment});
      } else if (header.p_type == PT_INTERP) {
        object_.interpreter = text_of(chunk(segment, interpreter_limit, "interpreter"));
      } else if (header.p_type == PT_DYNAMIC) {
        dynamic_ = segment;
        object_.dynamic = true;
      }
    }
  }

  void read_dynamic() {
    Elf_Data* data = chunk(dynamic_, dynamic_limit, "dynamic section", ELF_T_DYN);
    const std::size_t entry_size = gelf_fsize(elf_.get(), ELF_T_DYN, 1, EV_CURRENT);
    std::vector<GElf_Dyn> entries;
    std::optional<std::uint64_t> strings_address;
    std::uint64_t strings_size = 0;
    for (std::size_t i = 0; i < data->d_size / entry_size; ++i) {
      GElf_Dyn entry = {};
      if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr)
        damaged("its dynamic section is cut short");
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_STRTAB) strings_address = entry.d_un.d_ptr;
      if (entry.d_tag == DT_STRSZ) strings_size = entry.d_un.d_val;
      entries.push_back(entry);
    }
    if (!strings_address) return;
    const Segment strings{offset_of(*strings_address), strings_size};
    take_names(entries, bytes_of(chunk(strings, strings_limit, "string table")));
  }

  void take_names(const std::vector<GElf_Dyn>& entries, std::string_view strings) {
    for (const auto& entry : entries) {
      switch (entry.d_tag) {
        case DT_NEEDED:
          object_.needed.push_back(string_at(strings, entry.d_un.d_val));
          break;
        case DT_SONAME:
          object_.soname = string_at(strings, entry.d_un.d_val);
          break;
        case DT_RPATH:
          object_.rpath = split(string_at(strings, entry.d_un.d_val), ':');
          break;
        case DT_RUNPATH:
          object_.runpath = split(string_at(strings, entry.d_un.d_val), ':');
          break;
        default:
          break;
      }
    }
  }

  /// Where in the file the byte at a virtual address lies.
  std::uint64_t offset_of(std::uint64_t address) const {
    for (const auto& [start, segment] : loads_) {
      if (address >= start && address - start < segment.size)
        return segment.offset + (address - start);
    }
    damaged("its string table is in no segment");
  }

  Elf_Data* chunk(const Segment& segment, std::uint64_t limit, std::string_view what,
                  Elf_Type type = ELF_T_BYTE) const {
    // Checked here too: libelf before 0.188 adds offset and size without a care
    // for overflow.
    if (segment.offset > file_size_ || segment.size > file_size_ - segment.offset) {
      damaged(fmt::format("its {} is beyond its end", what));
    }
    if (segment.size > limit) damaged(fmt::format("its {} is too large", what));
    Elf_Data* data = elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(segment.offset),
                                          static_cast<std::size_t>(segment.size), type);
    if (data == nullptr) damaged(fmt::format("its {} cannot be read", what));
    return data;
  }

  static std::string_view bytes_of(const Elf_Data* data) {
    if (data->d_buf == nullptr) return {};
    return {static_cast<const char*>(data->d_buf), data->d_size};
  }

  static std::string text_of(const Elf_Data* data) {
    const auto bytes = bytes_of(data);
    return std::string(bytes.substr(0, bytes.find('\0')));
  }

  std::string string_at(std::string_view strings, std::uint64_t offset) const {
    if (offset >= strings.size()) damaged("a name is beyond its string table");
    const auto rest = strings.substr(offset);
    const auto end = rest.find('\0');
    if (end == std::string_view::npos) damaged("its string table has no end");
    return std::string(rest.substr(0, end));
  }

  struct Load {
    std::uint64_t address = 0;
    Segment segment = {};
  };

  std::uint64_t file_size_;
  std::string name_;
  std::unique_ptr<Elf, ElfCloser> elf_;
  std::vector<Load> loads_;
  Segment dynamic_;
  Object object_;
};

}  // namespace

std::optional<Object> read_object(const std::filesystem::path& path) {
  // A path may lead to a pipe or a device: O_NONBLOCK does not wait for a peer.
  const Fd fd = open_file(path, O_RDONLY | O_NONBLOCK);
  const std::string name = printable(path.native());
  struct stat st = {};
  if (::fstat(fd.get(), &st) != 0) throw Error::from_errno(errno, fmt::format("stat '{}'", name));
  if (!S_ISREG(st.st_mode)) return std::nullopt;
  std::array<std::byte, SELFMAG> magic = {};
  if (read_some(fd, magic, path.native()) < magic.size()) return std::nullopt;
  if (std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0) return std::nullopt;
  if (::lseek(fd.get(), 0, SEEK_SET) != 0)
    throw Error::from_errno(errno, fmt::format("seek in '{}'", name));
  return Reader(fd, static_cast<std::uint64_t>(st.st_size), name).read();
}

}  // namespace slipway::elf
