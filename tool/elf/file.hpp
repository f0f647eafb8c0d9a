#pragma once

#include <gelf.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "elf/numbers.hpp"

namespace slipway::elf {

/// One ELF file, read by libelf as the kernel and the dynamic loader read it: by its
/// program headers only. Section headers may be stripped away or lie, and neither
/// of the two looks at them. Members throw Errc::input for a damaged file, naming it.
class ElfFile {
 public:
  /// nullopt when it is not ELF (a script, data).
  static std::optional<ElfFile> open(const std::filesystem::path& path);

  std::uint16_t machine() const noexcept { return header_.e_machine; }
  std::uint16_t type() const noexcept { return header_.e_type; }  ///< ET_EXEC, ET_DYN, ...
  bool is_64_bit() const noexcept { return header_.e_ident[EI_CLASS] == ELFCLASS64; }
  bool is_little_endian() const noexcept { return header_.e_ident[EI_DATA] == ELFDATA2LSB; }

  const std::vector<GElf_Phdr>& program_headers() const noexcept { return headers_; }

  /// What the file has of a segment. Throws for one of more than 1 MiB too.
  std::string_view bytes_of(const GElf_Phdr& segment, std::string_view what) const;

  /// Call `sink` with each text (printable bytes, four or more, up to a NUL) of what is
  /// loaded as constants and data; the names of symbols and libraries are left out.
  void for_each_string(const std::function<void(std::string_view)>& sink) const;

  /// PT_INTERP; empty: none.
  const std::string& interpreter() const noexcept { return interpreter_; }

  /// Of its note by GNU, in hex; empty: none.
  const std::string& build_id() const noexcept { return build_id_; }

  /// Has it a dynamic section?
  bool is_dynamic() const noexcept { return is_dynamic_; }
  const std::vector<GElf_Dyn>& dynamic() const noexcept { return dynamic_; }
  /// The value of the first entry with the tag.
  std::optional<std::uint64_t> dynamic(std::int64_t tag) const;

  /// The dynamic string table, and the string at an offset of it.
  std::string_view strings() const noexcept { return strings_; }
  std::string_view string_at(std::uint64_t offset) const;

  /// What the file has from a virtual address on, as a table of `type`; `what` names
  /// it in messages.
  Elf_Data* table(std::uint64_t address, std::uint64_t size, Elf_Type type,
                  std::string_view what) const;

  /// The same, as numbers in the file's own order.
  Numbers numbers_at(std::uint64_t address, std::uint64_t size, std::string_view what) const;

  /// How many bytes the file has from a virtual address to the end of its segment.
  std::uint64_t room_at(std::uint64_t address, std::string_view what) const;

  /// Of one entry of a table, in the file.
  std::size_t size_of(Elf_Type type) const { return gelf_fsize(elf_.get(), type, 1, EV_CURRENT); }

  [[noreturn]] void damaged(std::string_view why) const;

 private:
  struct Segment {
    std::uint64_t address = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  struct Closer {
    void operator()(Elf* elf) const noexcept { elf_end(elf); }
  };

  ElfFile(Fd fd, std::uint64_t size, std::string name);
  void read_program_headers();
  void read_dynamic(const Segment& segment);
  void read_build_id(const GElf_Phdr& segment);
  const Segment& segment_of(std::uint64_t address, std::string_view what) const;
  Elf_Data* chunk(const Segment& segment, std::uint64_t limit, std::string_view what,
                  Elf_Type type) const;

  Fd fd_;
  std::uint64_t size_;
  std::string name_;
  std::unique_ptr<Elf, Closer> elf_;
  GElf_Ehdr header_ = {};
  std::vector<GElf_Phdr> headers_ = {};
  std::vector<Segment> loads_ = {};
  std::string interpreter_ = {};
  std::string build_id_ = {};
  bool is_dynamic_ = false;
  std::vector<GElf_Dyn> dynamic_ = {};
  std::string_view strings_ = {};  ///< of libelf's memory
};

}  // namespace slipway::elf
