#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::elf {

/// What ties a program or shared library to debug information that is kept apart.
struct DebugIdentity {
  /// Hex digits: of all that the loader maps, but for the build ID itself and the
  /// place of the section headers. The linker's own build ID is of the debug
  /// information too; by this one a change of that alone changes no program.
  std::string id = {};
  /// Where the file has its build ID (NT_GNU_BUILD_ID); the id is as long. Where it
  /// has none, the id has 20 bytes.
  std::optional<std::uint64_t> build_id_at = {};
  bool little_endian = true;
  bool has_symbols = false;  ///< a symbol table or debug information, which can go
  /// Its debug information may stand in .dwo files (-gsplit-dwarf).
  bool may_be_split_dwarf = false;
  /// .gnu_debugaltlink: what dwz moved into a file for several programs.
  struct Alternate {
    std::string file = {};      ///< absolute, or relative to the program
    std::string build_id = {};  ///< hex digits
  };
  std::optional<Alternate> alternate = {};
};

/// nullopt for what is no program or shared library (a script, an object file, a
/// kernel module). Throws Errc::input for a damaged file, naming it.
std::optional<DebugIdentity> read_debug_identity(const std::filesystem::path& path);

/// Make the id the build ID of the file, where it has one.
void write_build_id(const std::filesystem::path& path, const DebugIdentity& identity);

/// The CRC-32 that debug information of this id has, by force_crc32(): a link to it
/// does not depend on it then.
std::uint32_t crc32_of(const DebugIdentity& identity);

/// What section .gnu_debuglink holds: the name of the file with the debug
/// information, and its CRC-32 ("Debugging Information in Separate Files" in GDB's manual).
std::string debug_link(std::string_view file_name, const DebugIdentity& identity);

/// Append four bytes, so that the whole file has that CRC-32 (zlib's). Readers of ELF
/// do not look behind the section headers.
void force_crc32(const std::filesystem::path& path, std::uint32_t wanted);

}  // namespace slipway::elf
