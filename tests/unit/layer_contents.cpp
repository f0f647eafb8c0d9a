#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "layer/contents.hpp"

using namespace slipway;

namespace {

Entry entry_of(EntryType type, std::string path, std::string target = {}) {
  Entry entry;
  entry.type = type;
  entry.path = std::move(path);
  entry.link_target = std::move(target);
  return entry;
}

const std::string empty_digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace

TEST_CASE("a table of contents is one line an entry", "[layer][contents]") {
  Contents contents;
  Entry file = entry_of(EntryType::file, "a b=\n\\");
  file.mode = 04755;
  file.uid = 1;
  file.gid = 2;
  file.mtime = -3;
  file.content = Digest::of("");
  file.offset = 512;
  file.xattrs = {{"user.x=y", std::string("\0\xff", 2)}};
  contents.entries = {entry_of(EntryType::directory, ""), file,
                      entry_of(EntryType::symlink, "-", "\xc3\xa9")};
  contents.excerpts = {{"etc/passwd", "root:x\n"}};
  const std::string text =
      "slipway-contents 1\n"
      "d 0 0 0 0 0 - 0 0:0 - -\n"
      "f 4755 1 2 -3 0 " +
      empty_digest +
      " 512 0:0 a\\x20b\\x3d\\x0a\\x5c - user.x\\x3dy=00ff\n"
      "l 0 0 0 0 0 - 0 0:0 \\x2d \xc3\xa9\n"
      "excerpt etc/passwd root:x\\x0a\n";
  CHECK(to_text(contents) == text);
  const Contents parsed = parse_contents(text);
  CHECK(parsed.entries == contents.entries);
  CHECK(parsed.excerpts == contents.excerpts);
}

TEST_CASE("a malformed table of contents is refused with its line", "[layer][contents]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"", "parse a table of contents: it is empty"},
      {"slipway-contents 2\n", "parse a table of contents: line 1: malformed header"},
      {"slipway-contents 1", "parse a table of contents: line 1: malformed end: no newline"},
      {"slipway-contents 1\nx 0\n", "parse a table of contents: line 2: malformed type"},
      {"slipway-contents 1\nf 9 0\n", "parse a table of contents: line 2: malformed mode"},
      {"slipway-contents 1\nf 0 0 0 0 0 - 0 00 a -\n",
       "parse a table of contents: line 2: malformed device"},
      {"slipway-contents 1\nf 0 0 0 0 0 12 0 0:0 a -\n",
       "parse a table of contents: line 2: malformed content digest"},
      {"slipway-contents 1\nf 0 0 0 0 0 - 0 0:0 a\n",
       "parse a table of contents: line 2: malformed link target"},
      {"slipway-contents 1\nf 0 0 0 0 0 - 0 0:0 a\\x - \n",
       "parse a table of contents: line 2: malformed path"},
      {"slipway-contents 1\nf 0 0 0 0 0 - 0 0:0 a - x=0\n",
       "parse a table of contents: line 2: malformed extended attribute"},
      {"slipway-contents 1\nexcerpt a b c\n",
       "parse a table of contents: line 2: malformed excerpt"},
  }));
  try {
    (void)parse_contents(text);
    FAIL("accepted: " << text);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::integrity);
    CHECK(std::string(error.what()) == why);
  }
}

TEST_CASE("the texts of a few files are kept", "[layer][contents]") {
  CHECK(is_excerpt("etc/passwd"));
  CHECK(is_excerpt("usr/lib/os-release"));
  CHECK(is_excerpt("etc/ld.so.preload"));
  CHECK(is_excerpt("etc/ld.so.conf.d/x.conf"));
  CHECK_FALSE(is_excerpt("etc/ld.so.conf.d/a/x.conf"));
  CHECK_FALSE(is_excerpt("etc/ld.so.conf.d/x.txt"));
  CHECK_FALSE(is_excerpt("etc/shadow"));
}

TEST_CASE("a shape does not tell files apart", "[layer][contents]") {
  const auto layer = [](std::string name, std::int64_t time, std::uint64_t size) {
    Contents contents;
    Entry directory = entry_of(EntryType::directory, "usr");
    directory.mtime = time;
    Entry file = entry_of(EntryType::file, "usr/" + name);
    file.size = size;
    contents.entries = {directory, file, entry_of(EntryType::symlink, "bin", "usr/bin"),
                        entry_of(EntryType::whiteout, "old"), entry_of(EntryType::opaque, "var")};
    return to_text(shape_of(contents));
  };
  CHECK(layer("a", 1, 1) == layer("b", 2, 2));
  CHECK(layer("a", 1, 1).find("usr/") == layer("a", 1, 1).find("usr/bin"));
}

TEST_CASE("a shape keeps directories that only files tell of", "[layer][contents]") {
  Contents contents;
  contents.entries = {entry_of(EntryType::file, "opt/app/one"),
                      entry_of(EntryType::file, "opt/app/two")};
  const Contents shape = shape_of(contents);
  REQUIRE(shape.entries.size() == 1);
  CHECK(shape.entries[0].path == "opt/app/one");
}
