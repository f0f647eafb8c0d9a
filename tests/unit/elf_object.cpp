#include <catch2/catch.hpp>
#include <random>

#include "elf/object.hpp"
#include "support/small_elf.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;

namespace {

const test::SmallElf app{.machine = EM_AARCH64,
                         .interpreter = "/lib/ld-linux-aarch64.so.1",
                         .soname = "libapp.so.1",
                         .needed = {"libfoo.so.1", "libc.so.6"},
                         .rpath = "$ORIGIN/../lib:/opt",
                         .runpath = "/srv"};

}  // namespace

TEST_CASE("what the loader reads of an ELF file is read, for any machine", "[elf][object]") {
  const TempDir directory(std::filesystem::temp_directory_path(), "elf-");
  const auto object = elf::read_object(test::write_elf(directory.path() / "app", app));
  REQUIRE(object);
  CHECK(object->machine == EM_AARCH64);
  CHECK(object->is_64_bit);
  CHECK(object->little_endian);
  CHECK(object->dynamic);
  CHECK(object->interpreter == "/lib/ld-linux-aarch64.so.1");
  CHECK(object->soname == "libapp.so.1");
  CHECK(object->needed == std::vector<std::string>{"libfoo.so.1", "libc.so.6"});
  CHECK(object->rpath == std::vector<std::string>{"$ORIGIN/../lib", "/opt"});
  CHECK(object->runpath == std::vector<std::string>{"/srv"});
}

TEST_CASE("a file that is not ELF is no object", "[elf][object]") {
  const TempDir directory(std::filesystem::temp_directory_path(), "elf-");
  const auto file = directory.path() / "script";
  for (const std::string text : {"", "\x7f", "#!/bin/sh\n", "!<arch>\n"}) {
    write_file_if_changed(file, text);
    CHECK_FALSE(elf::read_object(file));
  }
  CHECK_FALSE(elf::read_object(directory.path()));
}

TEST_CASE("a damaged ELF file is an error that names it", "[elf][object]") {
  const TempDir directory(std::filesystem::temp_directory_path(), "elf-");
  const auto file = directory.path() / "damaged";
  const auto name = file.native();
  write_file_if_changed(file, ELFMAG);
  CHECK(error_of([&] { (void)elf::read_object(file); }) ==
        "read '" + name + "': damaged ELF file: its header is cut short");
  auto bytes = to_elf(app);
  write_file_if_changed(file, bytes.substr(0, bytes.size() - 8));
  CHECK(error_of([&] { (void)elf::read_object(file); }) ==
        "read '" + name + "': damaged ELF file: its dynamic section is beyond its end");
  CHECK(error_of([&] { (void)elf::read_object(directory.path() / "none"); }) ==
        "open '" + directory.path().native() + "/none': No such file or directory");
}

TEST_CASE("no cut and no flipped byte does more than an error", "[elf][object]") {
  const TempDir directory(std::filesystem::temp_directory_path(), "elf-");
  const auto file = directory.path() / "hostile";
  const auto bytes = to_elf(app);
  const auto read = [&](const std::string& damaged) {
    write_file_if_changed(file, damaged);
    try {
      (void)elf::read_object(file);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::input);
      CHECK(std::string(error.what())
                .starts_with("read '" + file.native() + "': damaged ELF file: "));
    }
  };
  for (std::size_t size = 0; size < bytes.size(); ++size) read(bytes.substr(0, size));
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    auto damaged = bytes;
    for (int flips = 0; flips < 3; ++flips)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    read(damaged);
  }
}
