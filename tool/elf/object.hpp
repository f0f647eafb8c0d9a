#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace slipway::elf {

/// What the dynamic loader reads of one ELF file. Nothing is run.
struct Object {
  std::uint16_t machine = 0;  ///< e_machine
  bool is_64_bit = true;
  bool little_endian = true;
  std::string interpreter = {};               ///< PT_INTERP; empty: static, or a library
  std::string soname = {};                    ///< DT_SONAME
  std::vector<std::string> needed = {};       ///< DT_NEEDED, in order
  std::vector<std::string> rpath = {};        ///< DT_RPATH, split at ':'
  std::vector<std::string> runpath = {};      ///< DT_RUNPATH, split at ':'
  std::vector<std::string> filters = {};      ///< DT_FILTER: stand before it, and must be there
  std::vector<std::string> auxiliaries = {};  ///< DT_AUXILIARY: the same if they are there
  bool skips_defaults = false;  ///< DF_1_NODEFLIB: not the loader's built-in directories
  std::string build_id = {};    ///< in hex; empty: none
  bool dynamic = false;         ///< has a dynamic section
};

/// Read a file with libelf. nullopt when it is not ELF (a script, data).
/// Throws Errc::input on a damaged ELF file, naming it.
std::optional<Object> read_object(const std::filesystem::path& path);

}  // namespace slipway::elf
