#include <catch2/catch.hpp>

#include "elf/closure.hpp"
#include "elf/search.hpp"
#include "support/small_elf.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

constexpr auto loader = "/lib64/ld-linux-x86-64.so.2";

/// A sysroot with a C library, and a build tree beside it.
class Machine {
 public:
  Machine() : directory_(fs::canonical(fs::temp_directory_path()), "closure-") {
    fs::create_directories(root() / "usr/lib64");
    fs::create_symlink("/usr/lib64", root() / "lib64");  // absolute: has to stay in the sysroot
    library("usr/lib64/ld-linux-x86-64.so.2", {.soname = "ld-linux-x86-64.so.2"});
    library("usr/lib64/libc.so.6", {.soname = "libc.so.6", .needed = {"ld-linux-x86-64.so.2"}});
  }

  fs::path root() const { return directory_.path() / "root"; }
  fs::path build() const { return directory_.path() / "build"; }
  fs::path library(const fs::path& path, const test::SmallElf& elf) const {
    return write_elf(root() / path, elf);
  }
  fs::path built(const fs::path& path, test::SmallElf elf) const {
    return write_elf(build() / path, elf);
  }
  fs::path program(test::SmallElf elf) const {
    elf.interpreter = loader;
    return write_elf(build() / "bin/app", elf);
  }

  /// "name => file" with the file relative to the machine, then "? name".
  std::vector<std::string> closure(const std::vector<fs::path>& files) const {
    const auto found = elf::find_closure(files, {.sysroot = root()});
    std::vector<std::string> result;
    for (const auto& library : found.libraries) {
      result.push_back(library.name + " => " +
                       library.file.lexically_relative(directory_.path()).native());
    }
    for (const auto& library : found.missing) result.push_back("? " + library.name);
    return result;
  }

 private:
  TempDir directory_;
};

using Lines = std::vector<std::string>;
const std::string loader_line =
    "/lib64/ld-linux-x86-64.so.2 => root/usr/lib64/ld-linux-x86-64.so.2";
const std::string libc_line = "libc.so.6 => root/usr/lib64/libc.so.6";

}  // namespace

TEST_CASE("the closure holds the loader and each library once", "[elf][closure]") {
  const Machine machine;
  const auto app = machine.program({.needed = {"libc.so.6"}});
  CHECK(machine.closure({app, app}) == Lines{loader_line, libc_line});
}

TEST_CASE("RPATH is inherited, RUNPATH is not", "[elf][closure]") {
  const Machine machine;
  machine.built("lib/liba.so", {.needed = {"libb.so"}});
  machine.built("lib/libb.so", {});
  const auto by_rpath = machine.program({.needed = {"liba.so"}, .rpath = "$ORIGIN/../lib"});
  CHECK(machine.closure({by_rpath}) ==
        Lines{loader_line, "liba.so => build/lib/liba.so", "libb.so => build/lib/libb.so"});
  const auto by_runpath = machine.program({.needed = {"liba.so"}, .runpath = "${ORIGIN}/../lib"});
  CHECK(machine.closure({by_runpath}) ==
        Lines{loader_line, "liba.so => build/lib/liba.so", "? libb.so"});
  const auto by_both =
      machine.program({.needed = {"liba.so"}, .rpath = "$ORIGIN/../lib", .runpath = "/nowhere"});
  CHECK(machine.closure({by_both}) == Lines{loader_line, "? liba.so"});
}

TEST_CASE("a library for another machine is passed over", "[elf][closure]") {
  const Machine machine;
  machine.built("lib/liba.so", {.machine = EM_AARCH64});
  machine.library("usr/lib64/liba.so", {});
  const auto app = machine.program({.needed = {"liba.so"}, .runpath = "$ORIGIN/../lib"});
  CHECK(machine.closure({app}) == Lines{loader_line, "liba.so => root/usr/lib64/liba.so"});
}

TEST_CASE("ld.so.conf is read with its includes", "[elf][closure]") {
  const Machine machine;
  machine.library("opt/x/liba.so", {});
  write_file_if_changed(machine.root() / "etc/ld.so.conf",
                        "# first\ninclude ld.so.conf.d/*.conf\n");
  write_file_if_changed(machine.root() / "etc/ld.so.conf.d/x.conf", "/opt/x  # ours\n");
  write_file_if_changed(machine.root() / "etc/ld.so.conf.d/loop.conf", "include /etc/ld.so.conf\n");
  CHECK(machine.closure({machine.program({.needed = {"liba.so"}})}) ==
        Lines{loader_line, "liba.so => root/opt/x/liba.so"});
}

TEST_CASE("a missing library says who needs it and where it was searched", "[elf][closure]") {
  const Machine machine;
  const auto app = machine.program({.needed = {"liba.so"}, .runpath = "/nowhere"});
  const auto closure = elf::find_closure({app}, {.sysroot = machine.root()});
  REQUIRE(closure.missing.size() == 1);
  CHECK(closure.missing[0].needed_by == app);
  CHECK(closure.missing[0].searched ==
        std::vector<fs::path>{"/nowhere", machine.root() / "lib64", machine.root() / "usr/lib64"});
}

TEST_CASE("what is present is neither searched nor followed", "[elf][closure]") {
  const Machine machine;
  const auto app = machine.program({.needed = {"liba.so", "libc.so.6"}});
  const auto closure = elf::find_closure(
      {app}, {.sysroot = machine.root(),
              .is_present = [](const std::string& name) { return name != "libc.so.6"; }});
  REQUIRE(closure.libraries.size() == 1);
  CHECK(closure.libraries[0].name == "libc.so.6");
  CHECK(closure.missing.empty());
}

TEST_CASE("default directories follow the interpreter", "[elf][search]") {
  const elf::ConfigSource nothing{
      .read = [](const std::string&) { return std::nullopt; },
      .list = [](const std::string&) { return std::vector<std::string>(); }};
  const auto directories = [&](elf::Object object) {
    return loader_directories(elf::Abi::of(object), nothing);
  };
  CHECK(directories({.machine = EM_AARCH64, .interpreter = "/lib/ld-linux-aarch64.so.1"}) ==
        Lines{"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64",
              "/lib", "/usr/lib"});
  CHECK(directories(
            {.machine = EM_ARM, .is_64_bit = false, .interpreter = "/lib/ld-linux-armhf.so.3"}) ==
        Lines{"/lib/arm-linux-gnueabihf", "/usr/lib/arm-linux-gnueabihf", "/lib", "/usr/lib"});
  CHECK(directories({.machine = EM_X86_64, .interpreter = "/lib/ld-musl-x86_64.so.1"}) ==
        Lines{"/lib", "/usr/local/lib", "/usr/lib"});
}

TEST_CASE("the parts of the C library are known by name", "[elf][search]") {
  for (const auto* name :
       {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2",
        "libpthread.so.0", "ld-musl-x86_64.so.1", "libc.musl-x86_64.so.1", "libc.so"}) {
    CAPTURE(name);
    CHECK(elf::is_c_library(name));
  }
  for (const auto* name :
       {"libcurl.so.4", "libmagic.so.1", "libstdc++.so.6", "libgcc_s.so.1", "libcap.so.2"}) {
    CAPTURE(name);
    CHECK_FALSE(elf::is_c_library(name));
  }
}

TEST_CASE("directories of the environment and of better processors", "[elf][closure]") {
  const Machine machine;
  const auto app =
      machine.program({.needed = {"liba.so"}, .runpath = (machine.root() / "run").native()});
  const auto find = [&](std::vector<std::string> library_path, int x86_level) {
    const auto found = elf::find_closure({app}, {.sysroot = machine.root(),
                                                 .library_path = std::move(library_path),
                                                 .x86_level = x86_level});
    for (const auto& library : found.libraries) {
      if (library.name == "liba.so")
        return library.file.lexically_relative(machine.root()).native();
    }
    return std::string();
  };
  machine.library("usr/lib64/glibc-hwcaps/x86-64-v2/liba.so", {});
  CHECK(find({}, 1).empty());
  CHECK(find({}, 2) == "usr/lib64/glibc-hwcaps/x86-64-v2/liba.so");
  machine.library("usr/lib64/glibc-hwcaps/x86-64-v3/liba.so", {});
  machine.library("usr/lib64/liba.so", {});
  CHECK(find({}, 1) == "usr/lib64/liba.so");
  CHECK(find({}, 2) == "usr/lib64/glibc-hwcaps/x86-64-v2/liba.so");
  CHECK(find({}, 4) == "usr/lib64/glibc-hwcaps/x86-64-v3/liba.so");
  machine.library("run/liba.so", {});
  CHECK(find({}, 4) == "run/liba.so");
  machine.library("first/liba.so", {});
  CHECK(find({"/none", "/first"}, 4) == "first/liba.so");
}
