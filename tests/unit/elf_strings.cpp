#include <catch2/catch.hpp>

#include "elf/file.hpp"
#include "support/small_elf.hpp"

using namespace slipway;

namespace {

/// The texts in the bytes of a file; what it needs is where its texts are.
std::vector<std::string> texts(std::string bytes) {
  const TempDir directory(std::filesystem::temp_directory_path(), "strings-");
  // All that follows the structures lies in the one segment, made longer here.
  auto elf = test::to_elf({.needed = {"libnamed.so.1"}});
  const auto size = elf.size() + bytes.size();
  elf += bytes;
  Elf64_Phdr load = {};
  std::memcpy(&load, elf.data() + sizeof(Elf64_Ehdr), sizeof load);
  load.p_filesz = load.p_memsz = size;
  std::memcpy(elf.data() + sizeof(Elf64_Ehdr), &load, sizeof load);
  write_file_if_changed(directory.path() / "file", elf);
  std::vector<std::string> found;
  elf::ElfFile::open(directory.path() / "file")->for_each_string([&](std::string_view text) {
    found.emplace_back(text);
  });
  return found;
}

std::string with_end(std::string text) { return text + std::string(1, '\0'); }

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("texts end in a NUL and have four bytes at least", "[elf][strings]") {
  CHECK(texts(with_end("\1text") + with_end("abc") + with_end("") + with_end("a b\tc\n") +
              "open") == Texts{"text", "a b\tc\n"});
  CHECK(texts(with_end("begun\x01"
                       "after it")) == Texts{"after it"});
}

TEST_CASE("texts across the pieces that are read", "[elf][strings]") {
  constexpr std::size_t piece = 64u << 10;
  for (std::size_t before = piece - 700; before < piece; before += 7) {
    CAPTURE(before);
    CHECK(texts(std::string(before, '\1') + with_end("somewhere") + with_end("next")) ==
          Texts{"somewhere", "next"});
  }
  // A very long one comes in parts.
  std::string all;
  for (const auto& part : texts(with_end('\1' + std::string(3 * piece, 'x')))) all += part;
  CHECK(all == std::string(3 * piece, 'x'));
}
