#include <algorithm>
#include <catch2/catch.hpp>

#include "base/digesting.hpp"
#include "build/staging.hpp"
#include "support/small_elf.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
namespace fs = std::filesystem;

namespace {

/// A machine with a C library, a C++ library and a program.
class Machine {
 public:
  Machine() : directory_(fs::canonical(fs::temp_directory_path()), "closure-") {
    library("usr/lib64/ld-linux-x86-64.so.2", {.soname = "ld-linux-x86-64.so.2"});
    fs::create_symlink("usr/lib64", root() / "lib64");
    library("usr/lib64/libc.so.6", {.soname = "libc.so.6"});
    library("usr/lib64/libm.so.6", {.soname = "libm.so.6", .needed = {"libc.so.6"}});
    library("usr/lib64/libcxx.so.1",
            {.soname = "libcxx.so.1", .needed = {"libm.so.6", "libc.so.6"}});
    app_ = test::write_elf(directory_.path() / "app", {.interpreter = "/lib64/ld-linux-x86-64.so.2",
                                                       .needed = {"libcxx.so.1", "libc.so.6"}});
  }
  fs::path root() const { return directory_.path() / "root"; }
  const fs::path& app() const { return app_; }
  void library(const fs::path& path, const test::SmallElf& elf) const {
    test::write_elf(root() / path, elf);
  }

  ClosureStage stage(ClosurePolicy policy) const {
    const auto out = directory_.path() / "out";
    return {.output = {out / "tree", out / "stamp", out / "stamp.d"},
            .policy = policy,
            .files = {app_},
            .sysroot = root()};
  }

  std::vector<std::string> staged(const ClosureStage& request, const View& base) const {
    stage_closure(request, base, {});
    std::vector<std::string> result;
    const auto& tree = request.output.into;
    for (const auto& entry : fs::recursive_directory_iterator(tree)) {
      if (!entry.is_directory()) result.push_back(entry.path().lexically_relative(tree).native());
    }
    std::ranges::sort(result);
    return result;
  }

 private:
  TempDir directory_;
  fs::path app_;
};

/// A base from lines "path", "path = text of the file" or "link -> target".
View base_of(const std::vector<std::string>& lines) {
  Contents contents;
  for (const auto& line : lines) {
    const auto arrow = line.find(" -> ");
    const auto equal = line.find(" = ");
    Entry entry{
        .path = line.substr(0, std::min(arrow, equal)), .type = EntryType::file, .mode = 0755};
    if (equal != std::string::npos)
      entry.content = Digest::parse("sha256:" + sha256_hex(line.substr(equal + 3)));
    if (arrow != std::string::npos) {
      entry.type = EntryType::symlink;
      entry.link_target = line.substr(arrow + 4);
    }
    contents.entries.push_back(std::move(entry));
  }
  View view;
  view.apply(contents);
  return view;
}

using Names = std::vector<std::string>;
const auto missing = ClosurePolicy::missing;

View debian() {
  return base_of(
      {"lib -> usr/lib", "lib64 -> usr/lib64", "usr/lib/x86_64-linux-gnu/libc.so.6",
       "usr/lib/x86_64-linux-gnu/libm.so.6", "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
       "usr/lib64/ld-linux-x86-64.so.2 -> ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"});
}

}  // namespace

TEST_CASE("over nothing the whole closure is staged, the loader at its own path",
          "[build][closure]") {
  const Machine machine;
  CHECK(machine.staged(machine.stage(missing), View()) ==
        Names{"lib64/ld-linux-x86-64.so.2", "usr/lib64/libc.so.6", "usr/lib64/libcxx.so.1",
              "usr/lib64/libm.so.6"});
}

TEST_CASE("a base with a C library gets no part of a second one", "[build][closure]") {
  const Machine machine;
  const Names expected{"usr/lib/x86_64-linux-gnu/libcxx.so.1"};
  CHECK(machine.staged(machine.stage(missing), debian()) == expected);
  CHECK(machine.staged(machine.stage(ClosurePolicy::all), debian()) == expected);
}

TEST_CASE("what a base's C library lacks comes along from the same build of it alone",
          "[build][closure]") {
  const Machine machine;
  const auto base_with = [](const std::string& c_library) {
    return base_of({"lib64/ld-linux-x86-64.so.2", "lib64/libc.so.6 = " + c_library});
  };
  const auto same = read_file(machine.root() / "usr/lib64/libc.so.6");
  CHECK(machine.staged(machine.stage(missing), base_with(same)) ==
        Names{"lib64/libcxx.so.1", "lib64/libm.so.6"});
  const auto root = machine.root().native();
  CHECK(
      error_of([&] { (void)machine.staged(machine.stage(missing), base_with("other")); }) ==
      "'" + root +
          "/usr/lib64/libcxx.so.1' needs 'libm.so.6' of the C library, which the base "
          "lacks; its C library is of another build than '" +
          root +
          "/usr/lib64/libm.so.6' "
          "[choose a base that has it, compile in an image of the base's kind (COMPILE_IN), or link "
          "statically]");
}

TEST_CASE("what the base holds is left out, unless all is asked for", "[build][closure]") {
  const Machine machine;
  auto lines = Names{"lib64/ld-linux-x86-64.so.2", "lib64/libc.so.6", "lib64/libm.so.6",
                     "lib64/libcxx.so.1"};
  CHECK(machine.staged(machine.stage(missing), base_of(lines)).empty());
  CHECK(machine.staged(machine.stage(ClosurePolicy::all), base_of(lines)) ==
        Names{"lib64/libcxx.so.1"});
}

TEST_CASE("what others provide is left out, but what it needs is not", "[build][closure]") {
  const Machine machine;
  auto request = machine.stage(missing);
  request.provided = {"libcxx.so.1"};
  CHECK(machine.staged(request, View()) ==
        Names{"lib64/ld-linux-x86-64.so.2", "usr/lib64/libc.so.6", "usr/lib64/libm.so.6"});
  request.provided = {};
  request.files.push_back(machine.root() / "usr/lib64/libcxx.so.1");
  CHECK(machine.staged(request, View()) ==
        Names{"lib64/ld-linux-x86-64.so.2", "usr/lib64/libc.so.6", "usr/lib64/libm.so.6"});
}

TEST_CASE("a toolchain without a sysroot has all in its library directory", "[build][closure]") {
  const Machine machine;
  const auto toolchain = machine.root().parent_path() / "toolchain";
  fs::rename(machine.root() / "usr/lib64", toolchain);
  auto request = machine.stage(missing);
  request.library_directories = {toolchain};
  CHECK(machine.staged(request, View()) == Names{"lib64/ld-linux-x86-64.so.2", "usr/lib/libc.so.6",
                                                 "usr/lib/libcxx.so.1", "usr/lib/libm.so.6"});
}

TEST_CASE("what programs open, by name or by path, is staged with what it needs",
          "[build][closure]") {
  const Machine machine;
  machine.library("usr/lib64/libopened.so.1",
                  {.soname = "libopened.so.1", .needed = {"libdeep.so.1"}});
  machine.library("usr/lib64/libdeep.so.1", {.soname = "libdeep.so.1"});
  machine.library("opt/plugins/a.so", {.needed = {"libdeep.so.1"}});
  auto request = machine.stage(missing);
  request.opened = {"libopened.so.1"};
  auto lines = Names{"lib64/ld-linux-x86-64.so.2", "lib64/libc.so.6", "lib64/libm.so.6",
                     "lib64/libcxx.so.1"};
  CHECK(machine.staged(request, base_of(lines)) ==
        Names{"lib64/libdeep.so.1", "lib64/libopened.so.1"});
  request.opened = {};
  request.plugins = {machine.root() / "opt/plugins"};
  CHECK(machine.staged(request, base_of(lines)) == Names{"lib64/libdeep.so.1", "opt/plugins/a.so"});
}

TEST_CASE("a library that is nowhere is an error with the places searched", "[build][closure]") {
  const Machine machine;
  fs::remove(machine.root() / "usr/lib64/libcxx.so.1");
  CHECK(error_of([&] { (void)machine.staged(machine.stage(missing), View()); }) ==
        "shared library 'libcxx.so.1' is not found: needed by '" + machine.app().native() +
            "', searched in '" + (machine.root() / "lib64").native() + "', '" +
            (machine.root() / "usr/lib64").native() +
            "' [install it, name its directory with --library-directory, or use "
            "RUNTIME_DEPENDENCIES NONE]");
}

TEST_CASE("a C library without the program's loader is the wrong base", "[build][closure]") {
  const Machine machine;
  CHECK(error_of([&] {
          (void)machine.staged(machine.stage(missing), base_of({"lib64/libc.so.6"}));
        }) == "the base has a C library, but not the loader '/lib64/ld-linux-x86-64.so.2' that '" +
                  machine.app().native() +
                  "' needs [choose a base for the architecture and C library that the program was "
                  "built for]");
}
