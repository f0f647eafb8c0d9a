#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "elf/object.hpp"
#include "elf/symbols.hpp"
#include "support/small_image.hpp"

using namespace slipway;

namespace {

elf::Symbols::Reference reference_to(std::string_view name, std::string_view version) {
  return {.name = name, .version = version, .is_copy = false, .hash = elf::SymbolHash(name)};
}

/// The loader_path of this very program: empty where it is static.
std::filesystem::path loader_path() {
  const auto object = elf::read_object("/proc/self/exe");
  return object ? std::filesystem::path(object->interpreter) : std::filesystem::path();
}

}  // namespace

TEST_CASE("the hashes of names are those of the tables", "[elf][symbols]") {
  const elf::SymbolHash printf_hash("printf");
  CHECK(printf_hash.gnu == 0x156b2bb8);
  CHECK(printf_hash.system_v == 0x077905a6);
  const elf::SymbolHash empty("");
  CHECK(empty.gnu == 5381);
  CHECK(empty.system_v == 0);
}

TEST_CASE("a loader_path's symbols are looked up by name and version", "[elf][symbols]") {
  if (loader_path().empty()) return;
  const auto symbols = elf::read_symbols(loader_path());
  std::size_t count = 0;
  symbols.for_each_definition([&](std::string_view name) {
    ++count;
    INFO(name);
    CHECK_FALSE(symbols.defines(reference_to(name, "NO_SUCH_VERSION")));
    const auto& versions = symbols.defined_versions();
    CHECK((symbols.defines(reference_to(name, "")) ||
           std::ranges::any_of(versions, [&](const auto& version) {
             return symbols.defines(reference_to(name, version));
           })));
  });
  CHECK(count > 0);
  CHECK_FALSE(symbols.defines(reference_to("no_such_symbol", "")));
}

TEST_CASE("no flipped byte of symbols does more than an error", "[elf][symbols]") {
  if (loader_path().empty()) return;
  const TempDir directory(std::filesystem::temp_directory_path(), "elf-");
  const auto file = directory.path() / "hostile";
  auto bytes = read_file(loader_path());
  write_file_if_changed(file, bytes);
  const Fd out = open_file(file, O_WRONLY);
  std::mt19937 random(1);
  constexpr std::size_t tables = 16u << 10;  // where they are
  for (int round = 0; round < 2000; ++round) {
    const auto at = static_cast<off_t>(random() % std::min(tables, bytes.size()));
    const auto was = bytes[static_cast<std::size_t>(at)];
    const auto flipped = static_cast<char>(random());
    REQUIRE(::pwrite(out.get(), &flipped, 1, at) == 1);
    try {
      const auto symbols = elf::read_symbols(file);
      symbols.for_each_definition(
          [&](std::string_view name) { (void)symbols.defines(reference_to(name, "GLIBC_2.2.5")); });
    } catch (const Error& error) {
      CHECK(error.code() == Errc::input);
    }
    REQUIRE(::pwrite(out.get(), &was, 1, at) == 1);
  }
}
