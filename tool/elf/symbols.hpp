#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "elf/symbol_table.hpp"

namespace slipway::elf {

/// A version that an object needs of a library (DT_VERNEED).
struct NeededVersion {
  std::string library = {};  ///< "libc.so.6"
  std::string name = {};     ///< "GLIBC_2.34"
  bool is_weak = false;      ///< the loader does without
};

enum class Loader { glibc, musl };

/// What the dynamic loader binds: System V ABI, chapter 5, and the symbol versions of
/// the Linux Standard Base.
class Symbols {
 public:
  struct Reference {
    std::string_view name = {};
    std::string_view version = {};  ///< empty: any
    bool is_copy = false;  ///< the file has a place for it, and wants what another one has there
    SymbolHash hash;
  };

  Symbols() = default;
  /// Names are views of what it holds.
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;
  Symbols(Symbols&&) = default;
  Symbols& operator=(Symbols&&) = default;

  const std::vector<NeededVersion>& needed_versions() const noexcept { return needed_versions_; }

  /// DT_VERDEF; empty: its symbols have none.
  const std::vector<std::string>& defined_versions() const noexcept { return defined_versions_; }

  /// What its relocations name and it does not have itself, weak ones left out.
  const std::vector<Reference>& undefined() const noexcept { return undefined_; }

  /// Does a reference find something here, by the rules of glibc (elf/dl-lookup.c) or
  /// of musl (ldso/dynlink.c), which takes the default version of everything?
  bool defines(const Reference& reference, Loader loader = Loader::glibc) const;

  /// The names of all that references can find.
  void for_each_definition(const std::function<void(std::string_view)>& sink) const;

 private:
  friend class SymbolReader;

  std::string_view version_name(std::size_t index) const;

  SymbolTable table_ = {};
  std::vector<std::string_view> version_names_ = {};  ///< by their index in the file
  std::vector<NeededVersion> needed_versions_ = {};
  std::vector<std::string> defined_versions_ = {};
  std::vector<Reference> undefined_ = {};
};

/// Read a dynamic ELF file; of another file there is nothing. Throws Errc::input for a
/// damaged one, naming it.
Symbols read_symbols(const std::filesystem::path& path);

}  // namespace slipway::elf
