#include "elf/symbol_table.hpp"

#include <elf.h>

#include <algorithm>

namespace slipway::elf {
namespace {

constexpr std::string_view hash_table = "hash table";

// Of <elf.h>'s Elf32_Sym and Elf64_Sym, for either machine.
struct EntryLayout {
  std::size_t size, name, value, info, other, section;
};
constexpr EntryLayout layout_32 = {16, 0, 4, 12, 13, 14};
constexpr EntryLayout layout_64 = {24, 0, 8, 4, 5, 6};

constexpr std::size_t gnu_header = 16;

}  // namespace

SymbolHash::SymbolHash(std::string_view name) : gnu(5381) {
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    gnu = gnu * 33 + byte;
    system_v = (system_v << 4) + byte;
    system_v ^= (system_v >> 24) & 0xf0U;
    system_v &= 0x0fffffffU;
  }
}

SymbolTable::SymbolTable(const ElfFile& file, std::uint64_t highest)
    : text_(file.strings().begin(), file.strings().end()), is_64_bit_(file.is_64_bit()) {
  if (text_.empty() || text_.back() != '\0') text_.push_back('\0');
  const auto symbols = file.dynamic(DT_SYMTAB);
  if (!symbols) return;
  std::size_t hashed = 0;
  if (const auto gnu = file.dynamic(DT_GNU_HASH)) {
    hashed = read_gnu_hash(file, *gnu);
  } else if (const auto system_v = file.dynamic(DT_HASH)) {
    hashed = read_system_v_hash(file, *system_v);
  }
  count_ = std::max<std::size_t>(hashed, highest + 1);
  const auto entry_size = (is_64_bit_ ? layout_64 : layout_32).size;
  if (count_ > file.room_at(*symbols, "symbol table") / entry_size)
    file.damaged("a symbol is beyond its table");
  entries_ = file.numbers_at(*symbols, count_ * entry_size, "symbol table");
  const auto versions = file.dynamic(DT_VERSYM);
  if (!versions) return;
  if (count_ > file.room_at(*versions, "symbol versions") / 2)
    file.damaged("its table of symbol versions is cut short");
  versions_ = file.numbers_at(*versions, count_ * 2, "symbol versions");
}

/// How many symbols there are is nowhere said: the last chain ends with the last one.
std::size_t SymbolTable::read_gnu_hash(const ElfFile& file, std::uint64_t address) {
  const auto room = file.room_at(address, hash_table);
  const auto cut_short = [&] { file.damaged("its hash table is cut short"); };
  if (room < gnu_header) cut_short();
  const auto header = file.numbers_at(address, gnu_header, hash_table);
  kind_ = HashKind::gnu;
  buckets_ = header.word(0);
  first_ = header.word(4);
  bloom_words_ = header.word(8);
  bloom_shift_ = header.word(12);
  buckets_at_ = gnu_header + bloom_words_ * (is_64_bit_ ? 8 : 4);
  chains_at_ = buckets_at_ + buckets_ * 4;
  if (chains_at_ > room) cut_short();
  hash_ = file.numbers_at(address, chains_at_, hash_table);
  std::size_t last = 0;
  for (std::size_t bucket = 0; bucket < buckets_; ++bucket)
    last = std::max<std::size_t>(last, hash_.word(buckets_at_ + 4 * bucket));
  if (last < first_) return first_;  // all chains are empty
  const auto longest = last + longest_chain;
  constexpr std::size_t piece = 4096;
  for (auto at = chains_at_ + 4 * (last - first_); last < longest;) {
    if (at >= room || room - at < 4) cut_short();
    const auto size = std::min<std::uint64_t>(piece, room - at) / 4 * 4;
    const auto chain = file.numbers_at(address + at, size, hash_table);
    for (std::size_t i = 0; i < size; i += 4, ++last) {
      if ((chain.word(i) & 1U) == 0) continue;
      hash_ = file.numbers_at(address, chains_at_ + 4 * (last + 1 - first_), hash_table);
      return last + 1;
    }
    at += size;
  }
  file.damaged("a chain of its hash table has no end");
}

std::size_t SymbolTable::read_system_v_hash(const ElfFile& file, std::uint64_t address) {
  is_wide_hash_ = file.is_64_bit() && (file.machine() == EM_S390 || file.machine() == EM_ALPHA);
  const auto word = hash_word();
  const auto room = file.room_at(address, hash_table);
  if (room < 2 * word) file.damaged("its hash table is cut short");
  const auto header = file.numbers_at(address, 2 * word, hash_table);
  const auto buckets = header.address(0, is_wide_hash_);
  const auto chains = header.address(word, is_wide_hash_);
  if (buckets > room / word || chains > room / word || 2 + buckets + chains > room / word)
    file.damaged("its hash table is cut short");
  kind_ = HashKind::system_v;
  buckets_ = buckets;
  buckets_at_ = 2 * word;
  first_ = 1;  // 0 ends a chain
  chains_at_ = (2 + buckets + first_) * word;
  hash_ = file.numbers_at(address, (2 + buckets + chains) * word, hash_table);
  return chains;
}

bool SymbolTable::may_have(std::uint32_t hash) const {
  if (bloom_words_ == 0) return true;
  const std::uint32_t bits = is_64_bit_ ? 64 : 32;
  const auto place = (hash / bits) % bloom_words_;
  const auto word = hash_.address(gnu_header + place * (bits / 8), is_64_bit_);
  const auto second = bloom_shift_ < 32 ? hash >> bloom_shift_ : 0;
  return ((word >> (hash % bits)) & (word >> (second % bits)) & 1U) != 0;
}

SymbolEntry SymbolTable::at(std::size_t index) const {
  const auto& layout = is_64_bit_ ? layout_64 : layout_32;
  const auto begin = index * layout.size;
  return {.name = text_at(entries_.word(begin + layout.name)),
          .info = entries_.byte(begin + layout.info),
          .other = entries_.byte(begin + layout.other),
          .section = entries_.half(begin + layout.section),
          .value = entries_.address(begin + layout.value, is_64_bit_)};
}

std::string_view SymbolTable::text_at(std::size_t offset) const {
  return offset < text_.size() ? std::string_view(text_.data() + offset) : std::string_view();
}

std::optional<std::uint16_t> SymbolTable::version_of(std::size_t index) const {
  return versions_.size() == 0 ? std::nullopt : std::optional(versions_.half(2 * index));
}

void SymbolTable::for_each(const std::function<void(const SymbolEntry&)>& sink) const {
  if (kind_ == HashKind::none) return;
  for (auto index = std::max<std::size_t>(first_, 1); index < count_; ++index) {
    const auto entry = at(index);
    if (entry.section != SHN_UNDEF && entry.info >> 4 != STB_LOCAL) sink(entry);
  }
}

}  // namespace slipway::elf
