#include "elf/symbols.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "elf/file.hpp"

namespace slipway::elf {
namespace {

constexpr std::uint16_t hidden_bit = 0x8000;

/// A table whose length is known only when it is read. To its segment's end there
/// may be many megabytes of other things, so more of it is read as it is asked for.
class Words {
 public:
  Words(const ElfFile& file, std::uint64_t address, std::string_view what)
      : file_(file), address_(address), room_(file.room_at(address, what)), what_(what) {}

  std::uint16_t half(std::uint64_t at) {
    read_up_to(at, sizeof(std::uint16_t));
    return table_.half(at);
  }

  std::uint32_t word(std::uint64_t at) {
    read_up_to(at, sizeof(std::uint32_t));
    return table_.word(at);
  }

 private:
  void read_up_to(std::uint64_t at, std::size_t size) {
    if (at > room_ || size > room_ - at) file_.damaged(fmt::format("its {} is cut short", what_));
    if (at + size <= table_.size()) return;
    constexpr std::uint64_t first_size = 4096;
    const auto wanted = std::min(room_, std::max({at + size, 2 * table_.size(), first_size}));
    table_ = file_.numbers_at(address_, wanted, what_);
  }

  const ElfFile& file_;
  std::uint64_t address_;
  std::uint64_t room_;
  std::string_view what_;
  Numbers table_ = {};
};

constexpr std::uint8_t binding_of(const SymbolEntry& entry) { return entry.info >> 4; }
constexpr std::uint8_t type_of(const SymbolEntry& entry) { return entry.info & 0xf; }
constexpr std::uint8_t visibility_of(const SymbolEntry& entry) { return entry.other & 3; }

/// The relocation that copies a variable of a library into the program.
std::optional<std::uint32_t> copy_relocation(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return R_X86_64_COPY;
    case EM_386:
      return R_386_COPY;
    case EM_AARCH64:
      return R_AARCH64_COPY;
    case EM_ARM:
      return R_ARM_COPY;
    case EM_RISCV:
      return R_RISCV_COPY;
    case EM_PPC64:
      return R_PPC64_COPY;
    case EM_S390:
      return R_390_COPY;
    case EM_LOONGARCH:
      return 4;  // R_LARCH_COPY, which older <elf.h> have not
    default:
      return std::nullopt;
  }
}

/// Can a lookup from another file end here? (do_lookup_x() and check_match() of glibc.)
bool is_definition(const SymbolEntry& entry) {
  if (entry.section == SHN_UNDEF) return false;
  if (entry.value == 0 && entry.section != SHN_ABS && type_of(entry) != STT_TLS) return false;
  const auto binding = binding_of(entry);
  if (binding != STB_GLOBAL && binding != STB_WEAK && binding != STB_GNU_UNIQUE) return false;
  if (visibility_of(entry) == STV_HIDDEN || visibility_of(entry) == STV_INTERNAL) return false;
  const auto type = type_of(entry);
  return type <= STT_FUNC || type == STT_COMMON || type == STT_TLS || type == STT_GNU_IFUNC;
}

}  // namespace

class SymbolReader {
 public:
  explicit SymbolReader(const ElfFile& file) : file_(file) {}

  Symbols read() {
    read_relocations();
    symbols_.table_ = SymbolTable(file_, highest_);
    read_needed_versions();
    read_defined_versions();
    add_references();
    return std::move(symbols_);
  }

 private:
  struct Use {
    std::uint32_t index = 0;
    bool is_copy = false;
    auto operator<=>(const Use&) const = default;
  };

  std::string_view view_at(std::uint64_t offset) const {
    if (offset >= file_.strings().size()) file_.damaged("a name is beyond its string table");
    return symbols_.table_.text_at(offset);
  }

  void name_version(std::size_t index, std::string_view name) {
    index &= ~std::size_t{hidden_bit};
    auto& names = symbols_.version_names_;
    if (names.size() <= index) names.resize(index + 1);
    names[index] = name;
  }

  // The structures of the LSB's "Symbol Versioning": Verneed and Vernaux.
  void read_needed_versions() {
    const auto address = file_.dynamic(DT_VERNEED);
    if (!address) return;
    Words words(file_, *address, "table of needed versions");
    std::uint64_t at = 0;
    for (auto left = file_.dynamic(DT_VERNEEDNUM).value_or(0); left > 0; --left) {
      const std::string library(view_at(words.word(at + 4)));
      auto version = at + words.word(at + 8);
      for (int i = words.half(at + 2); i > 0; --i) {
        const auto name = view_at(words.word(version + 8));
        const bool is_weak = (words.half(version + 4) & VER_FLG_WEAK) != 0;
        symbols_.needed_versions_.push_back({library, std::string(name), is_weak});
        name_version(words.half(version + 6), name);
        version += words.word(version + 12);
      }
      at += words.word(at + 12);
    }
  }

  // Verdef and Verdaux.
  void read_defined_versions() {
    const auto address = file_.dynamic(DT_VERDEF);
    if (!address) return;
    Words words(file_, *address, "table of defined versions");
    std::uint64_t at = 0;
    for (auto left = file_.dynamic(DT_VERDEFNUM).value_or(0); left > 0; --left) {
      const bool is_of_file = (words.half(at + 2) & VER_FLG_BASE) != 0;
      if (!is_of_file) {
        const auto name = view_at(words.word(at + words.word(at + 12)));
        symbols_.defined_versions_.emplace_back(name);
        name_version(words.half(at + 4), name);
      }
      at += words.word(at + 16);
    }
  }

  /// What nobody relocates by nobody looks up.
  void read_relocations() {
    // MIPS binds by its global offset table instead.
    if (!file_.dynamic(DT_SYMTAB) || file_.machine() == EM_MIPS) return;
    read_relocations(DT_RELA, DT_RELASZ, true);
    read_relocations(DT_REL, DT_RELSZ, false);
    read_relocations(DT_JMPREL, DT_PLTRELSZ, file_.dynamic(DT_PLTREL) != std::uint64_t{DT_REL});
    std::ranges::sort(uses_);
    uses_.erase(std::unique(uses_.begin(), uses_.end()), uses_.end());
    if (!uses_.empty()) highest_ = uses_.back().index;
  }

  // Elf32_Rel, Elf32_Rela, Elf64_Rel and Elf64_Rela.
  void read_relocations(std::int64_t tag, std::int64_t size_tag, bool has_addends) {
    const auto address = file_.dynamic(tag);
    const auto size = file_.dynamic(size_tag).value_or(0);
    if (!address || size == 0) return;
    const bool is_wide = file_.is_64_bit();
    const std::size_t word = is_wide ? 8 : 4;
    const auto entry_size = (has_addends ? 3 : 2) * word;
    const auto table = file_.numbers_at(*address, size, "relocations");
    const auto copy = copy_relocation(file_.machine());
    for (std::size_t at = 0; at + entry_size <= size; at += entry_size) {
      const auto info = table.address(at + word, is_wide);
      const auto index = static_cast<std::uint32_t>(is_wide ? info >> 32 : info >> 8);
      if (index == 0) continue;
      const auto type = static_cast<std::uint32_t>(is_wide ? info : info & 0xffU);
      const Use use{index, type == copy};
      if (uses_.empty() || uses_.back() != use) uses_.push_back(use);
    }
  }

  void add_references() {
    for (const auto& use : uses_) {
      const auto entry = symbols_.table_.at(use.index);
      const bool is_wanted = use.is_copy || entry.section == SHN_UNDEF;
      if (!is_wanted || binding_of(entry) == STB_WEAK || binding_of(entry) == STB_LOCAL) continue;
      if (entry.name.empty()) file_.damaged("a name is beyond its string table");
      symbols_.undefined_.push_back({.name = entry.name,
                                     .version = symbols_.version_name(use.index),
                                     .is_copy = use.is_copy,
                                     .hash = SymbolHash(entry.name)});
    }
  }

  const ElfFile& file_;
  Symbols symbols_;
  std::vector<Use> uses_ = {};
  std::uint64_t highest_ = 0;
};

std::string_view Symbols::version_name(std::size_t index) const {
  const auto version = table_.version_of(index).value_or(VER_NDX_GLOBAL) & ~hidden_bit;
  const auto place = static_cast<std::size_t>(version);
  return place < version_names_.size() ? version_names_[place] : std::string_view();
}

bool Symbols::defines(const Reference& reference, Loader loader) const {
  int defaults = 0;
  const auto take = [&](std::size_t index) {
    if (!is_definition(table_.at(index))) return false;
    const auto version = table_.version_of(index);
    if (!version) return true;
    const bool is_hidden = (*version & hidden_bit) != 0;
    if (loader == Loader::musl) return !is_hidden;
    if (reference.version.empty()) {
      // Of a symbol's versions the one that is no other's will do, and the only default.
      const bool is_oldest = (*version & ~hidden_bit) <= VER_NDX_GLOBAL + 1;
      if (!is_oldest && !is_hidden) ++defaults;
      return is_oldest;
    }
    const auto name = version_name(index);
    return name == reference.version || (name.empty() && !is_hidden);
  };
  return table_.find(reference.name, reference.hash, take) || defaults == 1;
}

void Symbols::for_each_definition(const std::function<void(std::string_view)>& sink) const {
  table_.for_each([&](const SymbolEntry& entry) {
    if (is_definition(entry)) sink(entry.name);
  });
}

Symbols read_symbols(const std::filesystem::path& path) {
  const auto file = ElfFile::open(path);
  return file ? SymbolReader(*file).read() : Symbols();
}

}  // namespace slipway::elf
