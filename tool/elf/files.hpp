#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "elf/object.hpp"
#include "elf/symbols.hpp"

namespace slipway::elf {

/// ELF files, each read once, whoever asks and how often. What it gives stays where it is.
class Files {
 public:
  /// nullptr: the file is not ELF. Throws as read_object() does.
  const Object* object(const std::filesystem::path& file);

  /// Throws as read_symbols() does.
  const Symbols& symbols(const std::filesystem::path& file);

 private:
  std::unordered_map<std::string, std::optional<Object>> objects_ = {};
  std::unordered_map<std::string, Symbols> symbols_ = {};
};

}  // namespace slipway::elf
