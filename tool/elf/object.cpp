#include "elf/object.hpp"

#include <elf.h>

#include "base/text.hpp"
#include "elf/file.hpp"

namespace slipway::elf {

std::optional<Object> read_object(const std::filesystem::path& path) {
  const auto file = ElfFile::open(path);
  if (!file) return std::nullopt;
  Object object;
  object.machine = file->machine();
  object.is_64_bit = file->is_64_bit();
  object.little_endian = file->is_little_endian();
  object.interpreter = file->interpreter();
  object.build_id = file->build_id();
  object.dynamic = file->is_dynamic();
  if (file->strings().empty()) return object;
  for (const auto& entry : file->dynamic()) {
    const auto text = [&] { return file->string_at(entry.d_un.d_val); };
    switch (entry.d_tag) {
      case DT_NEEDED:
        object.needed.emplace_back(text());
        break;
      case DT_FILTER:
        object.filters.emplace_back(text());
        break;
      case DT_AUXILIARY:
        object.auxiliaries.emplace_back(text());
        break;
      case DT_FLAGS_1:
        object.skips_defaults = (entry.d_un.d_val & DF_1_NODEFLIB) != 0;
        break;
      case DT_SONAME:
        object.soname = text();
        break;
      case DT_RPATH:
        object.rpath = split(text(), ':');
        break;
      case DT_RUNPATH:
        object.runpath = split(text(), ':');
        break;
      default:
        break;
    }
  }
  return object;
}

}  // namespace slipway::elf
