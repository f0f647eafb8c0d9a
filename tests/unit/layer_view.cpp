#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "layer/view.hpp"

using namespace slipway;

namespace {

Entry entry_at(EntryType type, std::string path, std::string target = {}) {
  Entry entry;
  entry.type = type;
  entry.path = std::move(path);
  entry.link_target = std::move(target);
  return entry;
}

Entry file_at(std::string path) { return entry_at(EntryType::file, std::move(path)); }
Entry directory_at(std::string path) { return entry_at(EntryType::directory, std::move(path)); }
Entry link_to(std::string path, std::string target) {
  return entry_at(EntryType::symlink, std::move(path), std::move(target));
}

View view_of(const std::vector<std::vector<Entry>>& layers) {
  View view;
  for (const auto& entries : layers) {
    Contents contents;
    contents.entries = entries;
    view.apply(contents);
  }
  return view;
}

std::string error_of(const View& view, std::string_view path) {
  try {
    (void)view.resolve(path, true);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::input);
    return error.what();
  }
  return "resolved";
}

}  // namespace

TEST_CASE("paths are cleaned inside the root", "[layer][view]") {
  CHECK(clean_path("/a/../b/.") == "b");
  CHECK(clean_path("../../x//y/") == "x/y");
  CHECK(clean_path("/") == "");
  CHECK(clean_path("a/b/../../..") == "");
}

TEST_CASE("a file stays under its other name", "[layer][view]") {
  Entry other = entry_at(EntryType::hardlink, "b", "a");
  Entry data = file_at("a");
  data.size = 7;
  const View view = view_of({{data, other}, {entry_at(EntryType::whiteout, "a")}});
  CHECK(view.find("a") == nullptr);
  REQUIRE(view.find("b") != nullptr);
  CHECK(view.find("b")->entry.type == EntryType::file);
  CHECK(view.find("b")->entry.size == 7);
  CHECK(view.find("b")->data_path == "a");
  CHECK(view.find("b")->linked);
}

TEST_CASE("a hard link to nothing stays one", "[layer][view]") {
  const View view = view_of({{entry_at(EntryType::hardlink, "b", "a")}});
  CHECK(view.find("b")->entry.type == EntryType::hardlink);
}

TEST_CASE("later layers win", "[layer][view]") {
  const View view = view_of(
      {{directory_at("a"), file_at("a/x"), file_at("f")}, {link_to("f", "a/x"), file_at("a/y")}});
  CHECK(view.find("f")->entry.type == EntryType::symlink);
  CHECK(view.find("f")->layer == 1);
  CHECK(view.find("/a/x")->layer == 0);
  CHECK(view.find("a/y")->layer == 1);
  CHECK(view.find("a/z") == nullptr);
  CHECK(view.find("") == &view.root());
}

TEST_CASE("parents without an entry are implied", "[layer][view]") {
  const View view = view_of({{file_at("opt/app/x")}});
  CHECK(view.find("opt")->implied);
  CHECK(view.find("opt")->entry.mode == 0755);
  CHECK_FALSE(view.find("opt/app/x")->implied);
}

TEST_CASE("whiteouts hide what is beneath and spare their own layer", "[layer][view]") {
  const View view = view_of(
      {{file_at("a/old"), file_at("b/old"), file_at("c"), directory_at("d"), file_at("d/x")},
       {file_at("a/new"), entry_at(EntryType::opaque, "a"), file_at("c"),
        entry_at(EntryType::whiteout, "c"), entry_at(EntryType::whiteout, "d"),
        entry_at(EntryType::whiteout, "nothing/here")}});
  CHECK(view.find("a/old") == nullptr);
  CHECK(view.find("a/new") != nullptr);
  CHECK(view.find("b/old") != nullptr);
  CHECK(view.find("c")->layer == 1);
  CHECK(view.find("d") == nullptr);
  CHECK(view.find("nothing") == nullptr);
}

TEST_CASE("a file replaces a directory and the other way", "[layer][view]") {
  const View view = view_of({{file_at("a/x"), file_at("b")}, {file_at("a"), file_at("b/x")}});
  CHECK(view.find("a")->children.empty());
  CHECK(view.find("b/x") != nullptr);
}

TEST_CASE("entries go through symlinks in their parents", "[layer][view]") {
  const View view = view_of({{directory_at("usr/lib"), link_to("lib", "usr/lib")},
                             {file_at("lib/x"), entry_at(EntryType::whiteout, "lib/y")}});
  CHECK(view.find("lib")->entry.type == EntryType::symlink);
  CHECK(view.find("usr/lib/x") != nullptr);
  CHECK(view.resolve("/lib/x", true).path == "usr/lib/x");
}

TEST_CASE("paths are resolved inside the view", "[layer][view]") {
  const View view = view_of({{directory_at("usr/bin"), link_to("bin", "/usr/bin"),
                              file_at("usr/bin/sh"), link_to("up", "../../../usr"),
                              link_to("dead", "no/where"), link_to("usr/bin/rel", "../bin/sh")}});
  CHECK(view.resolve("bin", false).path == "bin");
  CHECK(view.resolve("bin", true).path == "usr/bin");
  CHECK(view.resolve("up/bin/rel", true).node == view.find("usr/bin/sh"));
  CHECK(view.resolve("bin/new/dir", true).path == "usr/bin/new/dir");
  CHECK(view.resolve("bin/new/dir", true).node == nullptr);
  CHECK(view.resolve("dead/x", true).path == "no/where/x");
  CHECK(view.resolve("/../..", true).node == &view.root());
  CHECK(error_of(view, "usr/bin/sh/x") ==
        "resolve 'usr/bin/sh/x': 'usr/bin/sh' is not a directory");
}

TEST_CASE("a loop of symlinks ends", "[layer][view]") {
  const View view = view_of({{link_to("a", "b"), link_to("b", "a")}});
  CHECK(error_of(view, "a/x") == "resolve 'a/x': too many levels of symbolic links");
  CHECK(view.resolve("a", false).node != nullptr);
}

TEST_CASE("excerpts are of the file that is there", "[layer][view]") {
  View view;
  Contents base;
  base.entries = {link_to("etc/os-release", "../usr/lib/os-release"), file_at("usr/lib/os-release"),
                  file_at("etc/passwd")};
  base.excerpts = {{"usr/lib/os-release", "ID=x\n"}, {"etc/passwd", "root\n"}};
  view.apply(base);
  CHECK(view.excerpt("/etc/os-release") == "ID=x\n");
  CHECK(view.excerpt("etc/passwd") == "root\n");
  CHECK(view.excerpt("etc/group") == std::nullopt);
  Contents upper;
  upper.entries = {file_at("etc/passwd")};
  view.apply(upper);
  CHECK(view.excerpt("etc/passwd") == std::nullopt);
}

TEST_CASE("a deep tree is made and taken apart", "[layer][view]") {
  std::string path = "d";
  for (int i = 0; i < 2499; ++i) path += "/d";
  const View view = view_of({{file_at(path)}, {file_at(path + "/x")}, {file_at("d")}});
  CHECK(view.find("d")->children.empty());
}
