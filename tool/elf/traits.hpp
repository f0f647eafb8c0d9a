#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace slipway::elf {

/// How a program or library was linked, as far as its file says: its program headers
/// and dynamic section (System V ABI, GNU's extensions in <elf.h>).
struct Traits {
  /// What the loader protects of a file's own tables once it has relocated them.
  enum class Relro {
    none,
    partial,  ///< all but the table of functions that are bound late
    full,
  };

  std::uint16_t machine = 0;
  bool is_dynamic = false;               ///< has a dynamic section
  bool is_position_independent = false;  ///< can be loaded anywhere
  bool has_executable_stack = false;     ///< PT_GNU_STACK asks for one
  Relro relro = Relro::none;
  /// The x86-64 level (1 to 4) of the processors that it is for, by
  /// GNU_PROPERTY_X86_ISA_1_NEEDED; 0: it says none.
  int x86_level = 0;
  std::vector<std::string> needed = {};     ///< DT_NEEDED
  std::vector<std::string> run_paths = {};  ///< elements of DT_RPATH and DT_RUNPATH
};

/// nullopt for what is no program or library (objects, core files, no ELF at all).
/// Throws Errc::input for a damaged file, naming it.
std::optional<Traits> read_traits(const std::filesystem::path& path);

}  // namespace slipway::elf
