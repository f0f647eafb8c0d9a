#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

struct Folder {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  fs::path operator/(const char* name) const { return dir.path() / name; }
};

auto names_in(const fs::path& path) { return std::distance(fs::directory_iterator(path), {}); }

}  // namespace

TEST_CASE("a file that does not change is not replaced", "[base][file]") {
  const Folder folder;
  CHECK(write_file_if_changed(folder / "a/b", "one"));
  const auto inode = lstat_file(folder / "a/b")->st_ino;
  CHECK_FALSE(write_file_if_changed(folder / "a/b", "one"));
  CHECK(lstat_file(folder / "a/b")->st_ino == inode);
  CHECK(write_file_if_changed(folder / "a/b", "two"));
  CHECK(read_file(folder / "a/b") == "two");
}

TEST_CASE("without commit nothing is left behind", "[base][file]") {
  const Folder folder;
  {
    AtomicFile file(folder / "x");
    file.write("half");
  }
  CHECK(names_in(folder.dir.path()) == 0);
}

TEST_CASE("what killed writers left goes, and nothing else", "[base][file]") {
  const Folder folder;
  std::ofstream(folder / ".slipway-1-2.tmp") << "half";
  std::ofstream(folder / "kept.tmp") << "whole";
  remove_leftovers(folder.dir.path());
  CHECK(names_in(folder.dir.path()) == 1);
}

TEST_CASE("a path inside a root cannot get out of it", "[base][file]") {
  const Folder folder;
  fs::create_directories(folder / "root/d");
  std::ofstream(folder / "outside") << "secret";
  fs::create_symlink("/outside", folder / "root/absolute");
  fs::create_symlink("../../outside", folder / "root/d/relative");
  std::ofstream(folder / "root/outside") << "inside";
  const Fd root = open_file(folder / "root", O_PATH | O_DIRECTORY);
  for (const auto* path : {"absolute", "d/relative", "../outside", "/../../outside"}) {
    CAPTURE(path);
    const auto fd = open_in_root(root, path, O_RDONLY);
    REQUIRE(fd);
    std::string text(6, '\0');
    read_some(*fd, std::as_writable_bytes(std::span(text)), path);
    CHECK(text == "inside");
  }
  CHECK_FALSE(open_in_root(root, "none", O_RDONLY));
}

TEST_CASE("a loop of links is one clear error", "[base][file]") {
  const Folder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  const Fd root = open_file(folder.dir.path(), O_PATH | O_DIRECTORY);
  CHECK_THROWS_WITH(open_in_root(root, "a", O_RDONLY),
                    "open 'a': Too many levels of symbolic links");
}

TEST_CASE("a copy of a blob is a link where it can be one", "[base][file]") {
  const Folder folder;
  std::ofstream(folder / "blob") << "bytes";
  link_or_copy(folder / "blob", folder / "copy");
  CHECK(read_file(folder / "copy") == "bytes");
  CHECK(lstat_file(folder / "copy")->st_ino == lstat_file(folder / "blob")->st_ino);
  CHECK_NOTHROW(link_or_copy(folder / "blob", folder / "copy"));
  CHECK(names_in(folder.dir.path()) == 2);
}

TEST_CASE("a temporary directory goes, whatever modes its content has", "[base][file]") {
  fs::path path;
  {
    const Folder folder;
    path = folder.dir.path();
    fs::create_directories(folder / "closed/inner");
    fs::permissions(folder / "closed", fs::perms::owner_read);
  }
  CHECK_FALSE(fs::exists(path));
}
