#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "build/copy_items.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

/// A context on disk, and a COPY from it.
class CopyContext {
 public:
  void file(const std::string& path, const std::string& text = "x", mode_t mode = 0644) {
    fs::create_directories((context() / path).parent_path());
    std::ofstream(context() / path) << text;
    ::chmod((context() / path).c_str(), mode);
  }
  fs::path context() const { return dir_.path(); }

  /// "<type> <mode> <path>" of each item, or the error's text.
  std::vector<std::string> copy(std::vector<std::string> sources, const std::string& destination,
                                const View& below = View()) {
    CopyRequest request;
    request.words.sources = std::move(sources);
    request.words.destination = destination;
    request.words.destination_text = destination;
    request.words.excludes = excludes;
    std::vector<std::string> result;
    try {
      const auto source = open_context(context(), {(context() / ".dockerignore").native()});
      for (const auto& copied : copy_items(request, *source, below)) {
        const auto& entry = copied.item.entry;
        char mode[8];
        std::snprintf(mode, sizeof mode, "%o", entry.mode);
        result.push_back(std::string(1, static_cast<char>(entry.type)) + " " + mode + " " +
                         entry.path);
      }
    } catch (const Error& error) {
      result = {error.what()};
    }
    return result;
  }

  std::vector<std::string> excludes = {};

 private:
  TempDir dir_{fs::temp_directory_path(), "slipway-test-"};
};

using Items = std::vector<std::string>;

Contents layer(std::initializer_list<Entry> entries) {
  Contents contents;
  contents.entries = entries;
  return contents;
}

Entry directory_entry(const std::string& path) { return {path, EntryType::directory, 0755}; }

Entry link_entry(const std::string& path, const std::string& target) {
  Entry entry{path, EntryType::symlink, 0777};
  entry.link_target = target;
  return entry;
}

}  // namespace

TEST_CASE("a file goes to its name, or into a directory", "[build][copy]") {
  CopyContext fixture;
  fixture.file("a");
  CHECK(fixture.copy({"a"}, "/b") == Items{"f 644 b"});
  CHECK(fixture.copy({"a"}, "/b/") == Items{"d 755 b", "f 644 b/a"});
  View below;
  below.apply(layer({directory_entry("b")}));
  CHECK(fixture.copy({"a"}, "/b", below) == Items{"f 644 b/a"});
}

TEST_CASE("of a directory the contents are copied", "[build][copy]") {
  CopyContext fixture;
  fixture.file("d/s/f", "x", 0755);
  ::chmod((fixture.context() / "d").c_str(), 0700);
  ::chmod((fixture.context() / "d/s").c_str(), 0750);
  CHECK(fixture.copy({"d"}, "/t") == Items{"d 755 t", "d 750 t/s", "f 755 t/s/f"});
  View below;
  below.apply(layer({directory_entry("t")}));
  CHECK(fixture.copy({"d"}, "/t", below) == Items{"d 750 t/s", "f 755 t/s/f"});
}

TEST_CASE("links at the destination are followed inside the root", "[build][copy]") {
  CopyContext fixture;
  fixture.file("a");
  View below;
  below.apply(layer({link_entry("bin", "usr/bin"), directory_entry("usr"),
                     directory_entry("usr/bin"), link_entry("out", "../../../usr")}));
  CHECK(fixture.copy({"a"}, "/bin/", below) == Items{"f 644 usr/bin/a"});
  CHECK(fixture.copy({"a"}, "/bin", below) == Items{"f 644 usr/bin/a"});
  CHECK(fixture.copy({"a"}, "/out/x/", below) == Items{"d 755 usr/x", "f 644 usr/x/a"});
}

TEST_CASE("parents are made where they are missing, and only there", "[build][copy]") {
  CopyContext fixture;
  fixture.file("a");
  View below;
  below.apply(layer({directory_entry("opt")}));
  CHECK(fixture.copy({"a"}, "/opt/x/y/a", below) ==
        Items{"d 755 opt/x", "d 755 opt/x/y", "f 644 opt/x/y/a"});
}

TEST_CASE("a source link is followed at the top, kept below it", "[build][copy]") {
  CopyContext fixture;
  fixture.file("d/f");
  fs::create_symlink("f", fixture.context() / "d/l");
  fs::create_symlink("d", fixture.context() / "top");
  CHECK(fixture.copy({"top"}, "/t/") == Items{"d 755 t", "f 644 t/f", "l 777 t/l"});
  CHECK(fixture.copy({"d/l"}, "/t/") == Items{"d 755 t", "f 644 t/l"});
}

TEST_CASE("nothing outside the context can be read", "[build][copy]") {
  CopyContext fixture;
  fs::create_symlink("/etc/passwd", fixture.context() / "absolute");
  fs::create_symlink("../../../../etc/passwd", fixture.context() / "relative");
  for (const auto* source : {"absolute", "relative", "../../../../etc/passwd"}) {
    CHECK(fixture.copy({source}, "/x") ==
          Items{"copy '" + std::string(source) + "': not found in the source"});
  }
}

TEST_CASE("wildcards match component by component", "[build][copy]") {
  CopyContext fixture;
  fixture.file("a1.txt");
  fixture.file("a2.txt");
  fixture.file("s/x/f");
  fixture.file("s/y/g");
  CHECK(fixture.copy({"a?.txt"}, "/t/") == Items{"d 755 t", "f 644 t/a1.txt", "f 644 t/a2.txt"});
  CHECK(fixture.copy({"s/*/f"}, "/t/") == Items{"d 755 t", "f 644 t/f"});
  CHECK(fixture.copy({"none*"}, "/t/") == Items{"copy 'none*': the pattern matches nothing"});
}

TEST_CASE("what .dockerignore names is not there", "[build][copy]") {
  CopyContext fixture;
  fixture.file(".dockerignore", "d/*\n!d/keep\nDockerfile\n");
  fixture.file("d/drop");
  fixture.file("d/keep");
  CHECK(fixture.copy({"d"}, "/t/") == Items{"d 755 t", "f 644 t/keep"});
  CHECK(fixture.copy({"d/drop"}, "/t/") == Items{"copy 'd/drop': not found in the source"});
}

TEST_CASE("the option --exclude leaves out what it matches", "[build][copy]") {
  CopyContext fixture;
  fixture.file("d/a.o");
  fixture.file("d/a.c");
  fixture.excludes = {"*.o"};
  CHECK(fixture.copy({"d"}, "/t/") == Items{"d 755 t", "f 644 t/a.c"});
}

TEST_CASE("names of one file stay names of one file", "[build][copy]") {
  CopyContext fixture;
  fixture.file("d/z/first");
  fs::create_hard_link(fixture.context() / "d/z/first", fixture.context() / "d/a");
  CHECK(fixture.copy({"d"}, "/t/") ==
        Items{"d 755 t", "f 644 t/a", "d 755 t/z", "h 644 t/z/first"});
}

TEST_CASE("what cannot be replaced is refused by its names", "[build][copy]") {
  CopyContext fixture;
  fixture.file("a");
  fixture.file("b");
  fixture.file("d/a/f");
  View below;
  below.apply(layer({directory_entry("t"), directory_entry("t/a"), {"f", EntryType::file, 0644}}));
  CHECK(fixture.copy({"a"}, "/t/", below) ==
        Items{"copy file 'a': '/t/a' is there and is a directory"});
  CHECK(fixture.copy({"d"}, "/f", below) ==
        Items{"copy into '/f': it is there and is no directory"});
  CHECK(fixture.copy({"a", "b"}, "/x") ==
        Items{"copy to '/x': with more than one source the destination must be a directory"});
  CHECK(fixture.copy({"none"}, "/x") == Items{"copy 'none': not found in the source"});
}
