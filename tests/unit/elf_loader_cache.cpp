#include <elf.h>

#include <catch2/catch.hpp>

#include "elf/loader_cache.hpp"

using namespace slipway;

namespace {

std::uint32_t number_at(const std::string& text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(text.at(at + i));
  return value;
}

/// The names in their order, read as the loader reads them.
std::vector<std::string> names_of(const std::string& cache) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < number_at(cache, 20); ++i)
    names.emplace_back(cache.c_str() + number_at(cache, 48 + 24 * i + 4));
  return names;
}

}  // namespace

TEST_CASE("a loader cache is in the order of the loader's search", "[elf][cache]") {
  const elf::Abi abi{.machine = EM_X86_64};
  const auto cache = elf::loader_cache({{"libx.so.9", "/a"},
                                        {"libx.so.10", "/b"},
                                        {"libx.so", "/c"},
                                        {"libab.so", "/d"},
                                        {"liba.so", "/e"},
                                        {"liba1.so", "/f"}},
                                       abi);
  REQUIRE(cache);
  CHECK(cache->starts_with("glibc-ld.so.cache1.1"));
  CHECK(number_at(*cache, 24) == cache->size() - 48 - 6 * 24);
  CHECK(number_at(*cache, 48) == 0x303);
  CHECK(names_of(*cache) == std::vector<std::string>{"libx.so.10", "libx.so.9", "libx.so",
                                                     "liba1.so", "libab.so", "liba.so"});
}

TEST_CASE("musl has no cache, nor a machine without a known mark", "[elf][cache]") {
  CHECK_FALSE(elf::loader_cache({}, {.machine = EM_X86_64, .musl = true}));
  CHECK_FALSE(elf::loader_cache({}, {.machine = EM_AVR}));
}
