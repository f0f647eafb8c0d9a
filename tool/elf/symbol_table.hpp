#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "elf/file.hpp"
#include "elf/numbers.hpp"

namespace slipway::elf {

/// The hash of a name, in both kinds of tables.
struct SymbolHash {
  std::uint32_t gnu = 0;
  std::uint32_t system_v = 0;

  explicit SymbolHash(std::string_view name);
};

/// An entry of the dynamic symbol table.
struct SymbolEntry {
  std::string_view name = {};  ///< of the table; empty: it has none
  std::uint8_t info = 0;
  std::uint8_t other = 0;
  std::uint16_t section = 0;
  std::uint64_t value = 0;
};

/// The dynamic symbols of a file and their hash table (System V ABI, chapter 5, and
/// GNU's DT_GNU_HASH), as they lie in it: a name is looked up as the loader does, and
/// nothing is made of the symbols that nobody asks for.
class SymbolTable {
 public:
  SymbolTable() = default;

  /// Of a dynamic file. `highest` is the last index that its relocations have. Throws
  /// Errc::input for a damaged one, naming it.
  SymbolTable(const ElfFile& file, std::uint64_t highest);

  SymbolEntry at(std::size_t index) const;

  /// A string of the file; empty where it is beyond its string table.
  std::string_view text_at(std::size_t offset) const;

  /// Its entry in DT_VERSYM; nullopt: the file has none.
  std::optional<std::uint16_t> version_of(std::size_t index) const;

  /// Call `take` with the index of each symbol whose hash and name are these, in the
  /// table's order, until it says true. False: it never did.
  template <typename Take>
  bool find(std::string_view name, const SymbolHash& hash, const Take& take) const;

  /// Each symbol that a lookup can find.
  void for_each(const std::function<void(const SymbolEntry&)>& sink) const;

 private:
  enum class HashKind { none, gnu, system_v };

  /// No honest table has a chain that is as long; a loop has no end.
  static constexpr std::size_t longest_chain = 64u << 10;

  std::size_t read_gnu_hash(const ElfFile& file, std::uint64_t address);
  std::size_t read_system_v_hash(const ElfFile& file, std::uint64_t address);
  std::size_t hash_word() const { return is_wide_hash_ ? 8 : 4; }
  bool may_have(std::uint32_t hash) const;

  Numbers entries_ = {};
  Numbers versions_ = {};
  Numbers hash_ = {};
  std::vector<char> text_ = {};  ///< ends with a NUL; stays where it is when the table moves
  std::size_t count_ = 0;
  bool is_64_bit_ = true;
  bool is_wide_hash_ = false;  ///< two machines have words of 64 bits in DT_HASH

  HashKind kind_ = HashKind::none;
  std::size_t buckets_ = 0;
  std::size_t buckets_at_ = 0;
  std::size_t chains_at_ = 0;
  std::size_t first_ = 0;        ///< the index that the first chain entry is of
  std::size_t bloom_words_ = 0;  ///< GNU's filter of names that are not there
  std::uint32_t bloom_shift_ = 0;
};

template <typename Take>
bool SymbolTable::find(std::string_view name, const SymbolHash& hash, const Take& take) const {
  if (kind_ == HashKind::none || buckets_ == 0) return false;
  const bool is_gnu = kind_ == HashKind::gnu;
  if (is_gnu && !may_have(hash.gnu)) return false;
  const auto wanted = is_gnu ? hash.gnu : hash.system_v;
  const auto word = hash_word();
  std::size_t index = hash_.address(buckets_at_ + word * (wanted % buckets_), is_wide_hash_);
  for (std::size_t length = 0; index >= first_ && index < count_ && length < longest_chain;
       ++length) {
    const auto link = hash_.address(chains_at_ + word * (index - first_), is_wide_hash_);
    const bool is_alike = !is_gnu || (link | 1U) == (wanted | 1U);
    if (is_alike && at(index).name == name && take(index)) return true;
    if (is_gnu && (link & 1U) != 0) return false;
    index = is_gnu ? index + 1 : link;
  }
  return false;
}

}  // namespace slipway::elf
