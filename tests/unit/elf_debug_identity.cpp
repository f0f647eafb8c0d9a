#include <zlib.h>

#include <catch2/catch.hpp>

#include "elf/debug_identity.hpp"
#include "support/small_elf.hpp"
#include "support/small_image.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

std::uint32_t crc_of(const std::string& text) {
  return static_cast<std::uint32_t>(::crc32(::crc32(0, nullptr, 0),
                                            reinterpret_cast<const Bytef*>(text.data()),
                                            static_cast<uInt>(text.size())));
}

}  // namespace

TEST_CASE("four bytes at its end give a file any CRC-32", "[elf][debug]") {
  const TempDir directory(fs::temp_directory_path(), "crc-");
  const auto file = directory.path() / "file";
  for (const std::string text : {"", "x", "some debug information"}) {
    for (const std::uint32_t wanted : {0u, 1u, 0x80000000u, 0xdeadbeefu, 0xffffffffu}) {
      write_file_if_changed(file, text);
      elf::force_crc32(file, wanted);
      const auto forced = read_file(file);
      CHECK(forced.substr(0, forced.size() - 4) == text);
      CHECK(crc_of(forced) == wanted);
    }
  }
}

TEST_CASE(
    "a debug link has a name, zeros up to a multiple of four, and a CRC-32 in the file's order",
    "[elf][debug]") {
  elf::DebugIdentity identity{.id = "0a0b0c0dff"};
  CHECK(elf::debug_link("abc", identity) == std::string("abc\0\x0d\x0c\x0b\x0a", 8));
  CHECK(elf::debug_link("abcd", identity) == std::string("abcd\0\0\0\0\x0d\x0c\x0b\x0a", 12));
  identity.little_endian = false;
  CHECK(elf::debug_link("abc", identity) == std::string("abc\0\x0a\x0b\x0c\x0d", 8));
}

TEST_CASE("the identity is of what is mapped, not of what comes behind", "[elf][debug]") {
  const TempDir directory(fs::temp_directory_path(), "identity-");
  const auto file = test::write_elf(directory.path() / "app", {.soname = "app"});
  const auto before = elf::read_debug_identity(file);
  REQUIRE(before);
  CHECK(before->id.size() == 40);
  CHECK_FALSE(before->build_id_at);
  CHECK_FALSE(before->has_symbols);

  const auto text = read_file(file);
  write_file_if_changed(file, text + "debug information");
  CHECK(elf::read_debug_identity(file)->id == before->id);
  const auto other = test::write_elf(directory.path() / "other", {.soname = "app2"});
  CHECK(elf::read_debug_identity(other)->id != before->id);
}

TEST_CASE("scripts and object files have no identity", "[elf][debug]") {
  const TempDir directory(fs::temp_directory_path(), "identity-");
  write_file_if_changed(directory.path() / "script", "#!/bin/sh\n");
  CHECK_FALSE(elf::read_debug_identity(directory.path() / "script"));
  const auto object = test::write_elf(directory.path() / "app", {});
  auto text = read_file(object);
  text[16] = 1;  // e_type: ET_REL
  write_file_if_changed(object, text);
  CHECK_FALSE(elf::read_debug_identity(object));
}
