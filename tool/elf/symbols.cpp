#include "elf/symbols.hpp"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "elf/file.hpp"

namespace slipway::elf {
namespace {

constexpr std::uint16_t hidden_bit = 0x8000;

/// A table whose length is known only when it is read. To its segment's end there
/// may be many megabytes of other things, so more of it is read as it is asked for.
class GrowingTable {
 public:
  GrowingTable(const ElfFile& file, std::uint64_t address, Elf_Type type, std::string_view what)
      : file_(file),
        address_(address),
        room_(file.room_at(address, what) / file.size_of(type) * file.size_of(type)),
        type_(type),
        what_(what) {}

  /// The table up to `end`, in bytes of the file; nullptr: it is not as long.
  Elf_Data* up_to(std::uint64_t end) {
    if (end > room_) return nullptr;
    if (end > size_) {
      const auto wanted = std::min(room_, std::max({end, 2 * size_, first_size}));
      size_ = wanted / file_.size_of(type_) * file_.size_of(type_);
      data_ = file_.table(address_, size_, type_, what_);
    }
    return data_;
  }

 private:
  static constexpr std::uint64_t first_size = 16u << 10;

  const ElfFile& file_;
  std::uint64_t address_;
  std::uint64_t room_;
  Elf_Type type_;
  std::string_view what_;
  std::uint64_t size_ = 0;
  Elf_Data* data_ = nullptr;
};

/// A table of numbers: bytes of the file, in its own order. (libelf turns round whole
/// tables, of known length, alone.)
class Words {
 public:
  Words(const ElfFile& file, std::uint64_t address, std::string_view what)
      : file_(file), table_(file, address, ELF_T_BYTE, what), what_(what) {}

  std::uint16_t half(std::uint64_t at) const {
    const auto value = value_at<std::uint16_t>(at);
    return is_swapped() ? static_cast<std::uint16_t>(__builtin_bswap16(value)) : value;
  }

  std::uint32_t word(std::uint64_t at) const {
    const auto value = value_at<std::uint32_t>(at);
    return is_swapped() ? __builtin_bswap32(value) : value;
  }

 private:
  bool is_swapped() const {
    return file_.is_little_endian() != (std::endian::native == std::endian::little);
  }

  template <typename Value>
  Value value_at(std::uint64_t at) const {
    const auto end = at + sizeof(Value);
    const auto* data = end < at ? nullptr : table_.up_to(end);
    if (data == nullptr) file_.damaged("its " + std::string(what_) + " is cut short");
    Value value = {};
    std::memcpy(&value, static_cast<const char*>(data->d_buf) + at, sizeof(Value));
    return value;
  }

  const ElfFile& file_;
  mutable GrowingTable table_;
  std::string_view what_;
};

class SymbolReader {
 public:
  explicit SymbolReader(const ElfFile& file) : file_(file) {
    symbols_.text = std::make_shared<const std::string>(file.strings());
  }

  Symbols read(SymbolParts parts) {
    read_needed_versions();
    read_defined_versions();
    const auto address = file_.dynamic(DT_SYMTAB);
    if (!address) return std::move(symbols_);
    table_.emplace(file_, *address, ELF_T_SYM, "symbol table");
    if (const auto versions = file_.dynamic(DT_VERSYM))
      versions_.emplace(file_, *versions, "symbol versions");
    if (parts == SymbolParts::all) read_definitions();
    read_relocations();
    return std::move(symbols_);
  }

 private:
  std::string_view view_at(std::uint64_t offset) const {
    return std::string_view(*symbols_.text).substr(offset, file_.string_at(offset).size());
  }

  // The structures of the LSB's "Symbol Versioning": Verneed and Vernaux.
  void read_needed_versions() {
    const auto address = file_.dynamic(DT_VERNEED);
    if (!address) return;
    const Words words(file_, *address, "table of needed versions");
    std::uint64_t at = 0;
    for (auto left = file_.dynamic(DT_VERNEEDNUM).value_or(0); left > 0; --left) {
      const std::string library(view_at(words.word(at + 4)));
      auto version = at + words.word(at + 8);
      for (int i = words.half(at + 2); i > 0; --i) {
        const auto name = view_at(words.word(version + 8));
        const bool is_weak = (words.half(version + 4) & VER_FLG_WEAK) != 0;
        symbols_.needed_versions.push_back({library, std::string(name), is_weak});
        version_names_[words.half(version + 6)] = name;
        version += words.word(version + 12);
      }
      at += words.word(at + 12);
    }
  }

  // Verdef and Verdaux.
  void read_defined_versions() {
    const auto address = file_.dynamic(DT_VERDEF);
    if (!address) return;
    const Words words(file_, *address, "table of defined versions");
    std::uint64_t at = 0;
    for (auto left = file_.dynamic(DT_VERDEFNUM).value_or(0); left > 0; --left) {
      const bool is_of_file = (words.half(at + 2) & VER_FLG_BASE) != 0;
      if (!is_of_file) {
        const auto name = view_at(words.word(at + words.word(at + 12)));
        symbols_.defined_versions.emplace_back(name);
        version_names_[words.half(at + 4)] = name;
      }
      at += words.word(at + 16);
    }
  }

  std::uint16_t version_index(std::uint64_t index) const {
    return versions_ ? versions_->half(2 * index) : VER_NDX_GLOBAL;
  }

  std::string_view version_name(std::uint64_t index) const {
    const auto found = version_names_.find(version_index(index) & ~hidden_bit);
    return found == version_names_.end() ? std::string_view() : found->second;
  }

  GElf_Sym symbol(std::uint64_t index) const {
    GElf_Sym symbol = {};
    auto* data = table_->up_to((index + 1) * file_.size_of(ELF_T_SYM));
    if (data == nullptr || gelf_getsym(data, static_cast<int>(index), &symbol) == nullptr)
      file_.damaged("a symbol is beyond its table");
    return symbol;
  }

  /// The symbols that lookups can find are those of the hash table.
  void read_definitions() {
    if (const auto address = file_.dynamic(DT_GNU_HASH)) return read_gnu_hash(*address);
    const auto address = file_.dynamic(DT_HASH);
    if (!address) return;
    const bool is_wide =
        file_.is_64_bit() && (file_.machine() == EM_S390 || file_.machine() == EM_ALPHA);
    const Words words(file_, *address, "hash table");
    const bool big_half = is_wide && !file_.is_little_endian();
    const auto chains = words.word((is_wide ? 8U : 4U) + (big_half ? 4U : 0U));
    for (std::uint64_t i = 1; i < chains; ++i) add_definition(i);
  }

  void read_gnu_hash(std::uint64_t address) {
    const Words words(file_, address, "hash table");
    const auto buckets = words.word(0);
    const auto first = words.word(4);
    const std::uint64_t buckets_at =
        16 + std::uint64_t{words.word(8)} * (file_.is_64_bit() ? 8 : 4);
    const std::uint64_t chains_at = buckets_at + std::uint64_t{buckets} * 4;
    for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) {
      const auto start = words.word(buckets_at + 4 * bucket);
      if (start < first) continue;  // empty
      for (std::uint64_t i = start;; ++i) {
        add_definition(i);
        if ((words.word(chains_at + 4 * (i - first)) & 1) != 0) break;
      }
    }
  }

  void add_definition(std::uint64_t index) {
    const auto entry = symbol(index);
    const auto binding = GELF_ST_BIND(entry.st_info);
    if (entry.st_shndx == SHN_UNDEF || binding == STB_LOCAL) return;
    symbols_.defined.emplace(view_at(entry.st_name), Symbols::Definition{version_name(index)});
  }

  /// What nobody relocates by nobody looks up.
  void read_relocations() {
    const auto read = [&](std::int64_t tag, std::int64_t size_tag, Elf_Type type) {
      const auto address = file_.dynamic(tag);
      const auto size = file_.dynamic(size_tag).value_or(0);
      if (!address || size == 0) return;
      Elf_Data* data = file_.table(*address, size, type, "relocations");
      for (std::size_t i = 0; i < size / file_.size_of(type); ++i)
        add_relocation(data, static_cast<int>(i), type);
    };
    // MIPS binds by its global offset table instead.
    if (file_.machine() == EM_MIPS) return;
    read(DT_RELA, DT_RELASZ, ELF_T_RELA);
    read(DT_REL, DT_RELSZ, ELF_T_REL);
    read(DT_JMPREL, DT_PLTRELSZ,
         file_.dynamic(DT_PLTREL) == std::uint64_t{DT_REL} ? ELF_T_REL : ELF_T_RELA);
    for (const auto index : undefined_) {
      symbols_.undefined.push_back({view_at(symbol(index).st_name), version_name(index)});
    }
  }

  void add_relocation(Elf_Data* data, int index, Elf_Type type) {
    GElf_Rela rela = {};
    GElf_Rel rel = {};
    const bool is_read = type == ELF_T_RELA ? gelf_getrela(data, index, &rela) != nullptr
                                            : gelf_getrel(data, index, &rel) != nullptr;
    if (!is_read) file_.damaged("its relocations are cut short");
    const auto number = GELF_R_SYM(type == ELF_T_RELA ? rela.r_info : rel.r_info);
    if (number == 0) return;
    const auto entry = symbol(number);
    if (entry.st_shndx == SHN_UNDEF && GELF_ST_BIND(entry.st_info) != STB_WEAK)
      undefined_.insert(number);
  }

  const ElfFile& file_;
  Symbols symbols_;
  mutable std::optional<GrowingTable> table_ = {};  ///< of symbols
  std::optional<Words> versions_ = {};
  std::map<std::uint16_t, std::string_view> version_names_ = {};
  std::set<std::uint64_t> undefined_ = {};
};

}  // namespace

bool Symbols::defines(const Reference& reference) const {
  const auto [begin, end] = defined.equal_range(reference.name);
  return std::any_of(begin, end, [&](const auto& entry) {
    const auto& version = entry.second.version;
    return reference.version.empty() || defined_versions.empty() || version == reference.version;
  });
}

Symbols read_symbols(const std::filesystem::path& path, SymbolParts parts) {
  const auto file = ElfFile::open(path);
  return file ? SymbolReader(*file).read(parts) : Symbols();
}

}  // namespace slipway::elf
