#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "base/error.hpp"
#include "layer/unpack.hpp"
#include "support/tar.hpp"

using namespace slipway;
using namespace slipway::test;
namespace fs = std::filesystem;

namespace {

constexpr auto file = EntryType::file;
constexpr auto directory = EntryType::directory;
constexpr auto symbolic_link = EntryType::symlink;
constexpr auto hardlink = EntryType::hardlink;

/// A tree to unpack into, and beside it a file that nothing may touch.
struct Tree {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  fs::path root = dir.path() / "root";

  Tree() {
    fs::create_directory(root);
    std::ofstream(dir.path() / "outside") << "untouched";
  }

  void apply(const std::vector<TarEntry>& entries) const {
    const Fd fd = open_file(root, O_RDONLY | O_DIRECTORY);
    const bool is_root = ::geteuid() == 0;
    unpack(source_of(make_tar(entries)), fd, {is_root ? Owners::set : Owners::ours, is_root});
  }

  std::string error_of(const std::vector<TarEntry>& entries) const {
    try {
      apply(entries);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::input);
      return error.what();
    }
    return "unpacked";
  }

  bool has(const std::string& path) const { return lstat_file(root / path).has_value(); }
  struct stat stat(const std::string& path) const {
    return lstat_file(root / path).value();
  }
  unsigned mode(const std::string& path) const { return stat(path).st_mode & 07777; }
  std::string text(const std::string& path) const { return read_file(root / path); }
  bool same_file(const std::string& a, const std::string& b) const {
    return stat(a).st_ino == stat(b).st_ino;
  }
  std::string outside() const { return read_file(dir.path() / "outside"); }
};

/// The umask while it lives.
struct Umask {
  explicit Umask(mode_t mask) : before(::umask(mask)) {}
  ~Umask() { ::umask(before); }
  mode_t before;
};

std::string refusal(const std::string& name, const std::string& why) {
  return "read layer entry '" + name + "': " + why;
}

}  // namespace

TEST_CASE("modes and times are exact whatever the umask", "[layer][unpack]") {
  const Umask mask(GENERATE(0, 022, 077));
  const Tree tree;
  tree.apply({{directory, "d", "", 0555},
              {file, "d/x", "hello", 04711},
              {directory, "open", "", 01777},
              {EntryType::fifo, "pipe", "", 0622},
              {file, "implied/deep/y", "", 0},
              {symbolic_link, "l", "d/x"}});
  CHECK(tree.mode("d") == 0555);
  CHECK(tree.mode("d/x") == 04711);
  CHECK(tree.mode("open") == 01777);
  CHECK(tree.mode("pipe") == 0622);
  CHECK(tree.mode("implied") == 0755);
  CHECK(tree.mode("implied/deep") == 0755);
  for (const char* path : {"d", "d/x", "pipe", "l", "implied/deep/y"}) {
    CHECK(tree.stat(path).st_mtime == 1000000);
  }
  CHECK(tree.text("d/x") == "hello");
  CHECK(fs::read_symlink(tree.root / "l") == "d/x");
}

TEST_CASE("what has no entry keeps its mode and time", "[layer][unpack]") {
  const Tree tree;
  tree.apply({{directory, "d", "", 0555}, {file, "d/x", "1"}});
  tree.apply({{file, "d/y", "2"}, {file, "d/.wh.x", ""}});
  CHECK(tree.mode("d") == 0555);
  CHECK(tree.stat("d").st_mtime == 1000000);
  CHECK(tree.has("d/y"));
  CHECK_FALSE(tree.has("d/x"));
}

TEST_CASE("directories, files and links replace each other", "[layer][unpack]") {
  const Tree tree;
  tree.apply({{file, "a/b/c", "1"}, {file, "f", "1"}, {symbolic_link, "l", "a"}, {file, "g", "1"}});
  tree.apply({{file, "a", "2"},
              {directory, "f", "", 0700},
              {directory, "l", "", 0711},
              {file, "g/under", "2"}});
  CHECK(tree.text("a") == "2");
  CHECK(tree.mode("f") == 0700);
  CHECK(S_ISDIR(tree.stat("l").st_mode));
  CHECK(tree.text("g/under") == "2");
}

TEST_CASE("hard links are links", "[layer][unpack]") {
  const Tree tree;
  tree.apply({{file, "a", "1"},
              {hardlink, "d/b", "/a"},
              {hardlink, "a", "d/b"},
              {symbolic_link, "l", "nowhere"},
              {hardlink, "m", "../../l"}});
  CHECK(tree.same_file("a", "d/b"));
  CHECK(tree.same_file("l", "m"));
  CHECK(tree.error_of({{hardlink, "x", "gone"}}) ==
        "unpack 'x': hard link to 'gone', which is not there");
  CHECK(tree.error_of({{hardlink, "x", "d"}}) == "unpack 'x': hard link to a directory");
  CHECK(tree.error_of({{hardlink, "x", "/"}}) == "unpack 'x': hard link to '', which is not there");
}

TEST_CASE("whiteouts remove what is beneath", "[layer][unpack]") {
  const Tree tree;
  tree.apply({{file, "d/e/old", "1"}, {file, "d/gone", "1"}, {file, "keep", "1"}});
  tree.apply({{file, "d/e/new", "2"},
              {file, "d/.wh..wh..opq", ""},
              {file, "keep", "2"},
              {file, ".wh.keep", ""},
              {file, "not/there/.wh.x", ""},
              {file, ".wh..wh.plnk/1.2", "aufs"}});
  CHECK(tree.has("d/e/new"));
  CHECK_FALSE(tree.has("d/e/old"));
  CHECK_FALSE(tree.has("d/gone"));
  CHECK(tree.text("keep") == "2");
  CHECK_FALSE(tree.has("not"));
  CHECK_FALSE(tree.has(".wh..wh.plnk"));
}

TEST_CASE("symlinks in parents are followed inside the tree", "[layer][unpack]") {
  const Tree tree;
  tree.apply({{directory, "usr/lib", "", 0755},
              {symbolic_link, "lib", "/usr/lib"},
              {file, "lib/x", "1"},
              {symbolic_link, "var", "/no/such/../dir"},
              {file, "var/y", "2"},
              {symbolic_link, "up", "../../.."},
              {file, "up/z", "3"}});
  CHECK(tree.text("usr/lib/x") == "1");
  CHECK(tree.text("no/dir/y") == "2");
  CHECK(tree.text("z") == "3");
}

TEST_CASE("nothing gets out", "[layer][unpack]") {
  const Tree tree;
  const std::string outside = (tree.dir.path() / "outside").native();
  CHECK(tree.error_of({{file, "../outside", "x"}}) ==
        refusal("../outside", "the name has '..' in it"));
  CHECK(tree.error_of({{file, "a/../../outside", "x"}}) ==
        refusal("a/../../outside", "the name has '..' in it"));
  CHECK(tree.error_of({{hardlink, "grab", "../outside"}}) ==
        "unpack 'grab': hard link to 'outside', which is not there");
  tree.apply({{symbolic_link, "l", outside}, {file, "l", "replaced"}});
  CHECK(tree.text("l") == "replaced");
  tree.apply({{symbolic_link, "d", ".."}, {file, "d/outside", "inside"}, {file, ".wh.d", ""}});
  CHECK(tree.text("outside") == "inside");
  tree.apply({{symbolic_link, "e", tree.dir.path().native()}, {file, "e/.wh.outside", ""}});
  CHECK(tree.outside() == "untouched");
}

TEST_CASE("names that are no names are refused", "[layer][unpack]") {
  const Tree tree;
  for (const std::string name : {".wh.", ".wh..", "a/.wh..."}) {
    CHECK(tree.error_of({{file, name, ""}}) == refusal(name, "not the name of a whiteout"));
  }
  CHECK(tree.error_of({{file, std::string(9000, 'x'), ""}})
            .find("the name is longer than 8192 bytes") != std::string::npos);
  CHECK(tree.error_of({{symbolic_link, "./", "x"}}) ==
        "unpack '': the root can only be a directory");
  CHECK(tree.error_of({{file, std::string(300, 'x'), ""}}).find("File name too long") !=
        std::string::npos);
  CHECK(tree.error_of({{symbolic_link, "a", "b"}, {symbolic_link, "b", "a"}, {file, "a/x", ""}}) ==
        "unpack 'a/x': too many levels of symbolic links");
}

TEST_CASE("paths longer than the kernel takes are unpacked", "[layer][unpack]") {
  const Tree tree;
  std::string path = "d";
  for (int i = 0; i < 2499; ++i) path += "/d";
  tree.apply({{file, path + "/x", "deep"}, {directory, path, "", 0700}});
  tree.apply({{file, path + "/y", "deep"}, {file, path + "/.wh.x", ""}});
  const Fd root = open_file(tree.root, O_RDONLY | O_DIRECTORY);
  tree.apply({{file, ".wh.d", ""}});
  CHECK_FALSE(tree.has("d"));
}

TEST_CASE("extended attributes are set", "[layer][unpack]") {
  const Tree tree;
  TarEntry entry = {file, "x", "1"};
  entry.xattrs = {{"user.slipway", std::string("a\0b", 3)}, {"nonsense.name", "left out"}};
  tree.apply({entry});
  const auto listed = list_layer(source_of(make_tar({entry})));
  CHECK(listed.contents.entries[0].xattrs.size() == 2);
}

TEST_CASE("device nodes are made where that is allowed", "[layer][unpack]") {
  const Tree tree;
  TarEntry null = {EntryType::character_device, "null", "", 0666};
  null.device_major = 1;
  null.device_minor = 3;
  const Fd fd = open_file(tree.root, O_RDONLY | O_DIRECTORY);
  unpack(source_of(make_tar({null})), fd, {Owners::ours, false});
  CHECK_FALSE(tree.has("null"));
  if (::geteuid() != 0) return;
  tree.apply({null});
  CHECK(tree.stat("null").st_rdev == makedev(1, 3));
}

TEST_CASE("long zeros become holes", "[layer][unpack]") {
  const Tree tree;
  const std::string text = "head" + std::string(5000000, '\0');
  tree.apply({{file, "sparse", text}});
  CHECK(tree.text("sparse") == text);
  CHECK(tree.stat("sparse").st_blocks * 512 < 2000000);
}

TEST_CASE("a damaged layer is refused", "[layer][unpack]") {
  const std::string tar = make_tar({{file, "x", std::string(5000, 'x')}});
  const auto error_of = [](const std::string& text) -> std::string {
    try {
      (void)list_layer(source_of(text, 7));
    } catch (const Error& error) {
      CHECK((error.code() == Errc::input || error.code() == Errc::integrity));
      return error.what();
    }
    return "listed";
  };
  CHECK(error_of(tar) == "listed");
  CHECK(error_of("") == "listed");
  CHECK(error_of(tar.substr(0, 3000)) == "read layer entry 'x': Truncated tar archive");
  CHECK(error_of("this is no tar" + std::string(1000, '!')) ==
        "read a layer: Unrecognized archive format");
  CHECK(error_of("\x1f\x8bxx") != "listed");
}

TEST_CASE("what reading throws comes out", "[layer][unpack]") {
  const ByteSource broken = [](std::span<std::byte>) -> std::size_t {
    throw Error(Errc::integrity, "blob sha256:00 does not have its digest");
  };
  CHECK_THROWS_WITH(list_layer(broken), "blob sha256:00 does not have its digest");
}

TEST_CASE("wanted files are handed over in one pass", "[layer][unpack]") {
  const std::string big(300000, 'b');
  std::map<std::string, std::string> got;
  int ends = 0;
  extract(source_of(make_tar({{file, "./a", "1"}, {file, "big", big}, {file, "c", ""}})),
          {"big", "c", "none"}, [&](const std::string& path, std::span<const std::byte> bytes) {
            got[path].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            ends += bytes.empty() ? 1 : 0;
          });
  CHECK(got == std::map<std::string, std::string>{{"big", big}, {"c", ""}});
  CHECK(ends == 2);
}
