#include "elf/files.hpp"

namespace slipway::elf {

const Object* Files::object(const std::filesystem::path& file) {
  auto known = objects_.find(file.native());
  if (known == objects_.end()) known = objects_.emplace(file.native(), read_object(file)).first;
  return known->second ? &*known->second : nullptr;
}

const Symbols& Files::symbols(const std::filesystem::path& file) {
  auto known = symbols_.find(file.native());
  if (known == symbols_.end()) known = symbols_.emplace(file.native(), read_symbols(file)).first;
  return known->second;
}

}  // namespace slipway::elf
