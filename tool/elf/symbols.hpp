#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace slipway::elf {

/// A version that an object needs of a library (DT_VERNEED).
struct NeededVersion {
  std::string library = {};  ///< "libc.so.6"
  std::string name = {};     ///< "GLIBC_2.34"
  bool is_weak = false;      ///< the loader does without
};

/// What the dynamic loader binds: System V ABI, chapter 5, and the symbol versions of
/// the Linux Standard Base. Names are views of `text`.
struct Symbols {
  struct Reference {
    std::string_view name = {};
    std::string_view version = {};  ///< empty: any
  };
  struct Definition {
    std::string_view version = {};  ///< empty: none
  };

  std::vector<NeededVersion> needed_versions = {};
  std::vector<std::string> defined_versions = {};  ///< DT_VERDEF; empty: its symbols have none
  /// What its relocations name and it does not have itself, weak ones left out.
  std::vector<Reference> undefined = {};
  std::unordered_multimap<std::string_view, Definition> defined = {};
  std::shared_ptr<const std::string> text = {};

  /// Does a reference find something here, by glibc's rules?
  bool defines(const Reference& reference) const;
};

enum class SymbolParts {
  all,
  references,  ///< `undefined` alone
};

/// Read a dynamic ELF file; of another file there is nothing. Throws Errc::input for a
/// damaged one, naming it.
Symbols read_symbols(const std::filesystem::path& path, SymbolParts parts = SymbolParts::all);

}  // namespace slipway::elf
