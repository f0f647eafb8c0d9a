#pragma once

#include <elf.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace slipway::test {

/// What a small ELF file says of itself; 64-bit, little-endian.
struct SmallElf {
  std::uint16_t machine = EM_X86_64;
  std::string interpreter = {};
  std::string soname = {};
  std::vector<std::string> needed = {};
  std::string rpath = {};
  std::string runpath = {};
};

/// The bytes of an ELF file with program headers and a dynamic section only:
/// all that a loader reads, for any machine, without a compiler for it.
inline std::string to_elf(const SmallElf& elf) {
  std::string strings(1, '\0');
  std::vector<Elf64_Dyn> dynamic;
  const auto add = [&](Elf64_Sxword tag, std::uint64_t value) {
    Elf64_Dyn entry = {};
    entry.d_tag = tag;
    entry.d_un.d_val = value;
    dynamic.push_back(entry);
  };
  const auto add_name = [&](Elf64_Sxword tag, const std::string& name) {
    add(tag, strings.size());
    strings += name + '\0';
  };
  for (const auto& name : elf.needed) add_name(DT_NEEDED, name);
  if (!elf.soname.empty()) add_name(DT_SONAME, elf.soname);
  if (!elf.rpath.empty()) add_name(DT_RPATH, elf.rpath);
  if (!elf.runpath.empty()) add_name(DT_RUNPATH, elf.runpath);

  const std::uint64_t interpreter_at = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr);
  const std::uint64_t strings_at = interpreter_at + elf.interpreter.size() + 1;
  constexpr std::uint64_t address = 0x10000;
  add(DT_STRTAB, address + strings_at);
  add(DT_STRSZ, strings.size());
  add(DT_NULL, 0);
  const std::uint64_t dynamic_at = (strings_at + strings.size() + 7) / 8 * 8;
  const std::uint64_t dynamic_size = dynamic.size() * sizeof(Elf64_Dyn);

  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = elf.machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 3;

  const auto segment = [&](Elf64_Word type, std::uint64_t offset, std::uint64_t size) {
    Elf64_Phdr result = {};
    result.p_type = type;
    result.p_offset = offset;
    result.p_vaddr = address + offset;
    result.p_filesz = size;
    result.p_memsz = size;
    return result;
  };
  const Elf64_Phdr segments[3] = {
      segment(PT_LOAD, 0, dynamic_at + dynamic_size),
      segment(elf.interpreter.empty() ? Elf64_Word{PT_NULL} : Elf64_Word{PT_INTERP}, interpreter_at,
              elf.interpreter.size() + 1),
      segment(PT_DYNAMIC, dynamic_at, dynamic_size)};

  std::string bytes(dynamic_at + dynamic_size, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + header.e_phoff, segments, sizeof segments);
  std::memcpy(bytes.data() + interpreter_at, elf.interpreter.data(), elf.interpreter.size());
  std::memcpy(bytes.data() + strings_at, strings.data(), strings.size());
  std::memcpy(bytes.data() + dynamic_at, dynamic.data(), dynamic_size);
  return bytes;
}

/// Write it, parents made; returns the path.
inline std::filesystem::path write_elf(const std::filesystem::path& path, const SmallElf& elf) {
  write_file_if_changed(path, to_elf(elf));
  return path;
}

}  // namespace slipway::test
