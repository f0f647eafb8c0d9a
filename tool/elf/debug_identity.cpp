#include "elf/debug_identity.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "elf/build_id.hpp"

namespace slipway::elf {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t usual_id_size = 20;
constexpr std::size_t longest_id = 32;  // of a SHA-256

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::string bytes_of_hex(std::string_view hex) {
  std::string result;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    result += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return result;
}

/// One file, read by libelf with its section headers: debug information has no other.
class Reader {
 public:
  explicit Reader(const fs::path& path)
      : name_(printable(path.native())), fd_(open_file(path, O_RDONLY)) {
    if (elf_version(EV_CURRENT) == EV_NONE)
      throw Error(Errc::internal, "start libelf: it is older than its own header");
    elf_.reset(elf_begin(fd_.get(), ELF_C_READ_MMAP, nullptr));
  }

  std::optional<DebugIdentity> read() {
    if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF) return std::nullopt;
    if (gelf_getehdr(elf_.get(), &header_) == nullptr) damaged();
    if (header_.e_type != ET_EXEC && header_.e_type != ET_DYN) return std::nullopt;
    std::size_t size = 0;
    const char* bytes = elf_rawfile(elf_.get(), &size);
    if (bytes == nullptr) damaged();
    file_ = {bytes, size};
    identity_.little_endian = header_.e_ident[EI_DATA] == ELFDATA2LSB;
    read_program_headers();
    read_sections();
    identity_.id = digest();
    return identity_;
  }

 private:
  struct Closer {
    void operator()(Elf* elf) const noexcept { elf_end(elf); }
  };

  [[noreturn]] void damaged() const {
    throw Error(Errc::input, fmt::format("read '{}': damaged ELF file", name_));
  }

  Range range(std::uint64_t offset, std::uint64_t size) const {
    if (offset > file_.size() || size > file_.size() - offset) damaged();
    return {offset, offset + size};
  }

  void read_program_headers() {
    std::size_t count = 0;
    if (elf_getphdrnum(elf_.get(), &count) != 0) damaged();
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Phdr header = {};
      if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr) damaged();
      if (header.p_type == PT_LOAD) {
        mapped_.push_back(range(header.p_offset, header.p_filesz));
      } else if (header.p_type == PT_NOTE) {
        place_build_id(header);
      }
    }
  }

  /// An id that ours has no bytes for stays as it is.
  void place_build_id(const GElf_Phdr& segment) {
    (void)range(segment.p_offset, segment.p_filesz);
    const auto found = find_build_id(elf_.get(), segment);
    if (!found || found->bytes.empty() || found->bytes.size() > longest_id) return;
    identity_.build_id_at = found->offset;
    id_size_ = found->bytes.size();
  }

  void read_sections() {
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf_.get(), &names) != 0) return;
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_.get(), section)) != nullptr;) {
      GElf_Shdr header = {};
      if (gelf_getshdr(section, &header) == nullptr) damaged();
      const char* text = elf_strptr(elf_.get(), names, header.sh_name);
      const std::string_view name = text == nullptr ? "" : text;
      if (header.sh_type == SHT_SYMTAB || name.starts_with(".debug_")) identity_.has_symbols = true;
      if (name == ".debug_addr") identity_.may_be_split_dwarf = true;
      if (name == ".gnu_debugaltlink") read_alternate(header);
    }
  }

  void read_alternate(const GElf_Shdr& header) {
    const auto [begin, end] = range(header.sh_offset, header.sh_size);
    const auto text = file_.substr(begin, end - begin);
    const auto name = text.substr(0, text.find('\0'));
    if (name.size() == text.size()) damaged();
    identity_.alternate = {std::string(name), to_hex(text.substr(name.size() + 1))};
  }

  /// What changes with the debug information, though the loader maps it.
  std::vector<Range> left_out() const {
    const auto field = [](std::size_t offset, std::size_t size) {
      return Range{offset, offset + size};
    };
    std::vector<Range> ranges;
    if (gelf_getclass(elf_.get()) == ELFCLASS64) {
      ranges = {field(offsetof(Elf64_Ehdr, e_shoff), sizeof(Elf64_Off)),
                field(offsetof(Elf64_Ehdr, e_shnum), 2 * sizeof(Elf64_Half))};
    } else {
      ranges = {field(offsetof(Elf32_Ehdr, e_shoff), sizeof(Elf32_Off)),
                field(offsetof(Elf32_Ehdr, e_shnum), 2 * sizeof(Elf32_Half))};
    }
    if (identity_.build_id_at)
      ranges.push_back({*identity_.build_id_at, *identity_.build_id_at + id_size_});
    return ranges;
  }

  std::string digest() const {
    Sha256 sha;
    const auto holes = left_out();
    for (const auto& [begin, end] : mapped_) {
      auto at = begin;
      for (const auto& hole : holes) {
        if (hole.begin < at || hole.end > end) continue;
        sha.update(file_.substr(at, hole.begin - at));
        at = hole.end;
      }
      sha.update(file_.substr(at, end - at));
    }
    return sha.finish().substr(0, 2 * id_size_);
  }

  std::string name_;
  Fd fd_;
  std::unique_ptr<Elf, Closer> elf_;
  GElf_Ehdr header_ = {};
  std::string_view file_ = {};  ///< libelf's memory
  std::vector<Range> mapped_ = {};
  std::size_t id_size_ = usual_id_size;
  DebugIdentity identity_ = {};
};

/// The table's rows backwards: by the highest byte, which is another in each row.
std::array<std::uint8_t, 256> rows_by_highest_byte(const z_crc_t* table) {
  std::array<std::uint8_t, 256> rows = {};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows.at(table[i] >> 24) = static_cast<std::uint8_t>(i);
  }
  return rows;
}

/// Four bytes that lead from one CRC-32 to another: the register is run backwards
/// from the end with bytes of zero, and what is left to differ are the bytes.
std::array<std::uint8_t, 4> bytes_between(std::uint32_t from, std::uint32_t to) {
  const auto* table = get_crc_table();
  const auto rows = rows_by_highest_byte(table);
  std::uint32_t state = ~to;
  for (int i = 0; i < 4; ++i) {
    const auto row = rows.at(state >> 24);
    state = ((state ^ static_cast<std::uint32_t>(table[row])) << 8) | row;
  }
  state ^= ~from;
  std::array<std::uint8_t, 4> bytes = {};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes.at(i) = static_cast<std::uint8_t>(state >> (8 * i));
  return bytes;
}

std::uint32_t crc32_of_rest(const Fd& fd, std::string_view name) {
  std::vector<std::byte> buffer(1 << 16);
  uLong crc = ::crc32(0, nullptr, 0);
  while (const auto size = read_some(fd, buffer, name)) {
    crc = ::crc32(crc, reinterpret_cast<const Bytef*>(buffer.data()), static_cast<uInt>(size));
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

std::optional<DebugIdentity> read_debug_identity(const fs::path& path) {
  return Reader(path).read();
}

void write_build_id(const fs::path& path, const DebugIdentity& identity) {
  if (!identity.build_id_at) return;
  const auto id = bytes_of_hex(identity.id);
  const auto fd = open_file(path, O_WRONLY);
  const auto written =
      ::pwrite(fd.get(), id.data(), id.size(), static_cast<off_t>(*identity.build_id_at));
  if (written != static_cast<ssize_t>(id.size()))
    throw Error::from_errno(errno, fmt::format("write '{}'", printable(path.native())));
}

std::uint32_t crc32_of(const DebugIdentity& identity) {
  return static_cast<std::uint32_t>(
      std::stoul(identity.id.substr(0, std::min<std::size_t>(8, identity.id.size())), nullptr, 16));
}

std::string debug_link(std::string_view file_name, const DebugIdentity& identity) {
  std::string result(file_name);
  result.resize(result.size() / 4 * 4 + 4, '\0');
  const auto crc = crc32_of(identity);
  for (int i = 0; i < 4; ++i) {
    const int shift = identity.little_endian ? 8 * i : 24 - 8 * i;
    result += static_cast<char>(crc >> shift & 0xff);
  }
  return result;
}

void force_crc32(const fs::path& path, std::uint32_t wanted) {
  const auto fd = open_file(path, O_RDWR);
  const auto bytes = bytes_between(crc32_of_rest(fd, path.native()), wanted);
  write_all(fd, std::as_bytes(std::span(bytes)), path.native());
}

}  // namespace slipway::elf
