#include "elf/traits.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "base/text.hpp"
#include "elf/file.hpp"

namespace slipway::elf {
namespace {

// Of the x86-64 psABI's "Program Property"; older <elf.h> have not all of them.
constexpr std::uint32_t property_note = 5;                  // NT_GNU_PROPERTY_TYPE_0
constexpr std::uint32_t x86_isa_needed = 0xc0008002;        // GNU_PROPERTY_X86_ISA_1_NEEDED
constexpr std::uint32_t gnu_property_segment = 0x6474e553;  // PT_GNU_PROPERTY

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::size_t padded(std::size_t size, std::size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

/// The highest level among the bits of the property: bit 0 is the baseline.
int level_of(std::uint32_t bits) {
  int level = 0;
  for (int bit = 0; bit < 4; ++bit) {
    if ((bits >> bit & 1U) != 0) level = bit + 1;
  }
  return level;
}

int level_in_properties(std::string_view properties) {
  while (properties.size() >= 8) {
    const auto size = word_at(properties, 4);
    if (word_at(properties, 0) == x86_isa_needed) return level_of(word_at(properties, 8));
    const auto step = 8 + padded(size, 8);
    if (step > properties.size()) break;
    properties.remove_prefix(step);
  }
  return 0;
}

/// x86 is little-endian, and so is every machine that has the property.
int level_in_notes(std::string_view notes) {
  constexpr std::size_t header = 12;
  while (notes.size() >= header) {
    const auto name_size = padded(word_at(notes, 0), 4);
    const auto size = std::size_t{word_at(notes, 4)};
    const auto content = header + name_size;
    if (content > notes.size() || size > notes.size() - content) break;
    if (word_at(notes, 8) == property_note && notes.substr(header).starts_with("GNU"))
      return level_in_properties(notes.substr(content, size));
    const auto step = padded(content + size, 8);
    if (step > notes.size()) break;
    notes.remove_prefix(step);
  }
  return 0;
}

bool is_bound_at_once(const ElfFile& file) {
  return file.dynamic(DT_BIND_NOW).has_value() ||
         (file.dynamic(DT_FLAGS).value_or(0) & DF_BIND_NOW) != 0 ||
         (file.dynamic(DT_FLAGS_1).value_or(0) & DF_1_NOW) != 0;
}

/// Older linkers have the note without a segment of its own.
bool may_have_properties(const GElf_Phdr& segment) {
  return segment.p_type == gnu_property_segment ||
         (segment.p_type == PT_NOTE && segment.p_align == 8);
}

void read_segments(const ElfFile& file, Traits& traits) {
  for (const auto& segment : file.program_headers()) {
    if (segment.p_type == PT_GNU_STACK) {
      traits.has_executable_stack = (segment.p_flags & PF_X) != 0;
    } else if (segment.p_type == PT_GNU_RELRO) {
      // Without functions to bind late there is nothing that stays writable.
      const bool is_full = is_bound_at_once(file) || !file.dynamic(DT_JMPREL);
      traits.relro = is_full ? Traits::Relro::full : Traits::Relro::partial;
    } else if (may_have_properties(segment) && file.machine() == EM_X86_64) {
      const auto level = level_in_notes(file.bytes_of(segment, "property note"));
      traits.x86_level = std::max(traits.x86_level, level);
    }
  }
}

}  // namespace

std::optional<Traits> read_traits(const std::filesystem::path& path) {
  const auto file = ElfFile::open(path);
  if (!file || (file->type() != ET_EXEC && file->type() != ET_DYN)) return std::nullopt;
  Traits traits;
  traits.machine = file->machine();
  traits.is_dynamic = file->is_dynamic();
  traits.is_position_independent = file->type() == ET_DYN;
  read_segments(*file, traits);
  if (file->strings().empty()) return traits;
  for (const auto& entry : file->dynamic()) {
    if (entry.d_tag == DT_NEEDED) {
      traits.needed.emplace_back(file->string_at(entry.d_un.d_val));
    } else if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) {
      for (auto& element : split(file->string_at(entry.d_un.d_val), ':'))
        traits.run_paths.push_back(std::move(element));
    }
  }
  return traits;
}

}  // namespace slipway::elf
