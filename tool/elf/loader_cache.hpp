#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elf/search.hpp"

namespace slipway::elf {

/// A library that the loader is to find by its name.
struct CachedLibrary {
  std::string name = {};  ///< its soname
  std::string path = {};  ///< absolute, in the image
};

/// The text of an /etc/ld.so.cache with these libraries, as ldconfig(8) of glibc 2.32
/// and later writes it ("glibc-ld.so.cache1.1", elf/cache.c of glibc): with it the
/// loader opens each library at once, without it directory by directory. nullopt for
/// a machine that we do not know the mark of, and for musl, which has no cache.
std::optional<std::string> loader_cache(std::vector<CachedLibrary> libraries, const Abi& abi);

}  // namespace slipway::elf
