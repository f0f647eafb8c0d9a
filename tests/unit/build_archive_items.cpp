#include <fcntl.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "build/archive_items.hpp"
#include "support/tar.hpp"

using namespace slipway;
using namespace slipway::test;
namespace fs = std::filesystem;

namespace {

constexpr auto file = EntryType::file;
constexpr auto directory = EntryType::directory;
constexpr auto symbolic_link = EntryType::symlink;
constexpr auto hardlink = EntryType::hardlink;

using Items = std::vector<std::string>;

/// An ADD of one archive to /d, over what lies beneath.
class ArchiveContext {
 public:
  void beneath(std::vector<Entry> entries) {
    Contents lower;
    lower.entries = std::move(entries);
    below.apply(lower);
  }

  /// "<type> <mode> <uid> <path> [-> link]" of each item, or the error's text.
  Items add(const std::string& tar) {
    std::ofstream(dir_.path() / "a.tar") << tar;
    SourceNode node;
    node.path = "a.tar";
    node.entry.size = tar.size();
    node.bytes = {std::make_shared<const Fd>(open_file(dir_.path(), O_PATH | O_DIRECTORY)),
                  "a.tar"};
    if (!is_archive(node)) return {"no archive"};
    request.scratch = dir_.path() / "scratch";
    fs::remove_all(request.scratch);
    fs::create_directory(request.scratch);
    ItemSet set;
    try {
      add_archive(node, "d", request, below, set);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::input);
      return {error.what()};
    }
    Items result;
    for (const auto& [path, copied] : set.items) {
      const auto& entry = copied.item.entry;
      char text[32];
      std::snprintf(text, sizeof text, "%c %o %u ", static_cast<char>(entry.type), entry.mode,
                    entry.uid);
      result.push_back(text + entry.path +
                       (entry.link_target.empty() ? "" : " -> " + entry.link_target));
      contents[path] = content_of(copied);
    }
    identities = set.identities;
    return result;
  }

  CopyRequest request = {};
  View below = {};
  std::map<std::string, std::string> contents = {};
  std::map<std::string, std::string> identities = {};

 private:
  std::string content_of(const CopiedItem& copied) const {
    const auto* bytes = std::get_if<FileBytes>(&copied.item.bytes);
    return bytes != nullptr ? read_file(request.scratch / bytes->path) : std::string();
  }

  TempDir dir_{fs::temp_directory_path(), "slipway-test-"};
};

}  // namespace

TEST_CASE("an archive's entries go below the destination", "[build][archive]") {
  ArchiveContext fixture;
  CHECK(fixture.add(make_tar({{directory, "./", "", 0700},
                              {directory, "a", "", 0750},
                              {file, "a/f", "one", 04755},
                              {file, "b/c/g", "two"},
                              {symbolic_link, "l", "/etc"}})) ==
        Items{"d 750 0 d/a", "f 4755 0 d/a/f", "d 755 0 d/b", "d 755 0 d/b/c", "f 644 0 d/b/c/g",
              "l 777 0 d/l -> /etc"});
  CHECK(fixture.contents["d/a/f"] == "one");
  CHECK(fixture.contents["d/b/c/g"] == "two");
}

TEST_CASE("the owner applies to an archive's entries, and not to what it implies",
          "[build][archive]") {
  ArchiveContext fixture;
  fixture.request.owner = Owner{7, 8};
  CHECK(fixture.add(make_tar({{file, "a/f", "x"}})) == Items{"d 755 0 d/a", "f 644 7 d/a/f"});
}

TEST_CASE("later entries replace earlier ones", "[build][archive]") {
  ArchiveContext fixture;
  CHECK(fixture.add(make_tar(
            {{directory, "a", "", 0755}, {file, "a/f", "x"}, {file, "a", "now a file"}})) ==
        Items{"f 644 0 d/a"});
  CHECK(fixture.add(make_tar({{file, "a", "x"}, {directory, "a", "", 0711}, {file, "a/f", "y"}})) ==
        Items{"d 711 0 d/a", "f 644 0 d/a/f"});
}

TEST_CASE("names of one file stay together", "[build][archive]") {
  ArchiveContext fixture;
  CHECK(fixture.add(make_tar({{file, "z", "same"}, {hardlink, "a", "z"}})) ==
        Items{"f 644 0 d/a", "f 644 0 d/z"});
  CHECK(fixture.contents["d/a"] == "same");
  CHECK(fixture.identities["d/a"] == fixture.identities["d/z"]);
  CHECK_FALSE(fixture.identities["d/a"].empty());
  // A name that is taken by another file leaves the others alone.
  CHECK(fixture.add(make_tar({{file, "z", "old"}, {hardlink, "a", "z"}, {file, "z", "new"}}))
            .size() == 2);
  CHECK(fixture.contents["d/a"] == "old");
  CHECK(fixture.contents["d/z"] == "new");
  CHECK_FALSE(fixture.identities.contains("d/z"));
  CHECK(
      fixture.add(make_tar({{hardlink, "a", "../../etc/passwd"}})) ==
      Items{"unpack 'a.tar': entry 'a': its target 'etc/passwd' is not in the archive before it"});
}

TEST_CASE("links on the way end at the destination", "[build][archive]") {
  ArchiveContext fixture;
  CHECK(fixture.add(make_tar({{symbolic_link, "a", "/etc"}, {file, "a/f", "x"}})) ==
        Items{"l 777 0 d/a -> /etc", "d 755 0 d/etc", "f 644 0 d/etc/f"});
  CHECK(fixture.add(make_tar({{symbolic_link, "a", "../../.."}, {file, "a/f", "x"}})) ==
        Items{"l 777 0 d/a -> ../../..", "f 644 0 d/f"});
  CHECK(fixture.add(
            make_tar({{symbolic_link, "a", "b"}, {symbolic_link, "b", "a"}, {file, "a/f", "x"}})) ==
        Items{"unpack 'a.tar': entry 'a/f': too many levels of symbolic links"});
  Entry bin{"d/bin", EntryType::symlink, 0777};
  bin.link_target = "usr/bin";
  fixture.beneath(
      {{"d", directory, 0755}, {"d/usr", directory, 0755}, {"d/usr/bin", directory, 0755}, bin});
  CHECK(fixture.add(make_tar({{file, "bin/f", "x"}})) == Items{"f 644 0 d/usr/bin/f"});
  CHECK(fixture.add(make_tar({{directory, "bin", "", 0700}})) == Items{"d 700 0 d/bin"});
}

TEST_CASE("an archive that would get out is refused", "[build][archive]") {
  ArchiveContext fixture;
  CHECK(fixture.add(make_tar({{file, "../f", "x"}})) ==
        Items{"unpack 'a.tar': read layer entry '../f': the name has '..' in it"});
  CHECK(fixture.add(make_tar({{file, "/etc/f", "x"}})) ==
        Items{"d 755 0 d/etc", "f 644 0 d/etc/f"});
  CHECK(fixture.add(make_tar({{file, "a/.wh.b", ""}})) ==
        Items{"unpack 'a.tar': entry 'a/b': names that begin with '.wh.' cannot be in an image"});
}

TEST_CASE("what is no archive, by content", "[build][archive]") {
  ArchiveContext fixture;
  CHECK(fixture.add("") == Items{"no archive"});
  CHECK(fixture.add("text") == Items{"no archive"});
  CHECK(fixture.add(std::string(10240, '\0')) == Items{"no archive"});
  CHECK(fixture.add(std::string("\x1f\x8b") + "no gzip at all") == Items{"no archive"});
  auto damaged = make_tar({{file, "a", "x"}});
  damaged[0] = 'b';
  CHECK(fixture.add(damaged) == Items{"no archive"});
  CHECK(fixture.add(make_tar({{file, "a", std::string(5000, 'x')}}).substr(0, 2000))
            .front()
            .starts_with("unpack 'a.tar': "));
}
