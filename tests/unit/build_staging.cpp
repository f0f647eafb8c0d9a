#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "build/depfile.hpp"
#include "build/staging.hpp"
#include "support/small_elf.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
namespace fs = std::filesystem;

namespace {

class Place {
 public:
  Place() : directory_(fs::canonical(fs::temp_directory_path()), "staging-") {}
  fs::path operator/(const fs::path& path) const { return directory_.path() / path; }
  StageOutput output() const {
    return {*this / "out/tree", *this / "out/stamp", *this / "out/stamp.d"};
  }
  fs::path write(const fs::path& path, const std::string& text) const {
    write_file_if_changed(*this / path, text);
    return *this / path;
  }
  /// The staged paths, by the stamp.
  std::vector<std::string> staged() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator(*this / "out/tree")) {
      if (!entry.is_directory())
        result.push_back(entry.path().lexically_relative(*this / "out/tree").native());
    }
    std::ranges::sort(result);
    return result;
  }
  std::string depfile() const { return read_file(*this / "out/stamp.d"); }

 private:
  TempDir directory_;
};

using Names = std::vector<std::string>;

mode_t mode_of(const fs::path& path) { return lstat_file(path)->st_mode & 07777; }

FilesStage files_stage(const Place& place, const Names& sources, const std::string& destination) {
  return {.output = place.output(), .groups = {{.sources = sources, .destination = destination}}};
}

FilesStage directory_stage(const Place& place, const std::string& source,
                           const std::string& destination) {
  return {.output = place.output(),
          .groups = {{.is_directory = true, .sources = {source}, .destination = destination}}};
}

}  // namespace

TEST_CASE("a directory is staged with its name, or without by a slash", "[build][staging]") {
  const Place place;
  place.write("data/a b", "1");
  place.write("data/run", "2");
  fs::permissions(place / "data/run", fs::perms(0700));
  fs::permissions(place / "data/a b", fs::perms(0600));
  fs::create_symlink("nowhere", place / "data/link");
  stage_files(directory_stage(place, place / "data", "/usr/share"));
  CHECK(place.staged() == Names{"usr/share/data/a b", "usr/share/data/link", "usr/share/data/run"});
  CHECK(mode_of(place / "out/tree/usr/share/data/run") == 0755);
  CHECK(mode_of(place / "out/tree/usr/share/data/a b") == 0644);
  stage_files(directory_stage(place, (place / "data").native() + "/", "usr/share"));
  CHECK(place.staged() == Names{"usr/share/a b", "usr/share/link", "usr/share/run"});
}

TEST_CASE("equal bytes leave the staged file and the stamp alone", "[build][staging]") {
  const Place place;
  const auto source = place.write("a", "text");
  stage_files(files_stage(place, {source}, "etc"));
  const auto file = *lstat_file(place / "out/tree/etc/a");
  const auto stamp = *lstat_file(place / "out/stamp");
  fs::remove(source);
  place.write("a", "text");
  stage_files(files_stage(place, {source}, "etc"));
  const auto file_now = *lstat_file(place / "out/tree/etc/a");
  CHECK(file_now.st_ino == file.st_ino);
  CHECK(file_now.st_mtim.tv_nsec == file.st_mtim.tv_nsec);
  CHECK(lstat_file(place / "out/stamp")->st_ino == stamp.st_ino);
  place.write("a", "TEXT");
  stage_files(files_stage(place, {source}, "etc"));
  CHECK(read_file(place / "out/tree/etc/a") == "TEXT");
  CHECK(lstat_file(place / "out/stamp")->st_ino != stamp.st_ino);
}

TEST_CASE("no staged file is newer than the start, and times are those of sources",
          "[build][staging]") {
  const Place place;
  const auto source = place.write("a", "old");
  const struct timespec times[2] = {{1000000000, 5}, {1000000000, 5}};
  REQUIRE(::utimensat(AT_FDCWD, source.c_str(), times, 0) == 0);
  const auto future = place.write("b", "new");
  const struct timespec later[2] = {{32503680000, 0}, {32503680000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, future.c_str(), later, 0) == 0);
  stage_files(files_stage(place, {source, future}, "etc"));
  CHECK(lstat_file(place / "out/tree/etc/a")->st_mtim.tv_sec == 1000000000);
  CHECK(lstat_file(place / "out/tree/etc/b")->st_mtim.tv_sec == fixed_file_time);
  CHECK(lstat_file(place / "out/tree/etc")->st_mtim.tv_sec == fixed_file_time);
}

TEST_CASE("what is no longer wanted, or was damaged, is put right", "[build][staging]") {
  const Place place;
  const auto a = place.write("a", "1");
  const auto b = place.write("b", "2");
  stage_files(files_stage(place, {a, b}, "etc"));
  const auto stamp = read_file(place / "out/stamp");
  fs::remove(place / "out/tree/etc/a");
  fs::create_directories(place / "out/tree/etc/a/strange");
  place.write("out/tree/stray", "x");
  place.write("out/tree/etc/b", "3");
  place.write("out/.tree.stage-killed/new/0", "left by a killed run");
  stage_files(files_stage(place, {a, b}, "etc"));
  CHECK(place.staged() == Names{"etc/a", "etc/b"});
  CHECK(read_file(place / "out/tree/etc/b") == "2");
  CHECK(read_file(place / "out/stamp") == stamp);
  CHECK_FALSE(lstat_file(place / "out/.tree.stage-killed"));
  stage_files(files_stage(place, {b}, "etc"));
  CHECK(place.staged() == Names{"etc/b"});
}

TEST_CASE("the depfile names what was read and the staged directories", "[build][staging]") {
  const Place place;
  place.write("data/a b", "1");
  place.write("data/sub/c", "2");
  stage_files(directory_stage(place, place / "data", ""));
  const auto root = (place / "").native();
  CHECK(place.depfile() == root + "out/stamp: \\\n " + root + "data \\\n " + root +
                               "data/a\\ b \\\n " + root + "data/sub \\\n " + root +
                               "data/sub/c \\\n " + root + "out/tree \\\n " + root +
                               "out/tree/data \\\n " + root + "out/tree/data/sub\n");
}

TEST_CASE("a name that no depfile can hold makes the edge run each time", "[build][depfile]") {
  const Place place;
  write_depfile(place / "d", "out", {"b$#", "a\nb", "c"});
  CHECK(read_file(place / "d") ==
        "out: \\\n b$$\\# \\\n c \\\n " + (place / "d.always").native() + "\n");
}

TEST_CASE("odd names are staged as they are", "[build][staging]") {
  const Place place;
  place.write("data/new\nline", "1");
  place.write("data/\xff\xfe", "2");
  stage_files(directory_stage(place, (place / "data").native() + "/", ""));
  CHECK(place.staged() == Names{"new\nline", "\xff\xfe"});
}

TEST_CASE("a source that cannot be staged is one error", "[build][staging]") {
  const Place place;
  const auto root = (place / "").native();
  fs::create_symlink("loop", place / "loop");
  place.write("data/a", "");
  const auto a = place.write("a", "");
  CHECK(error_of([&] { stage_files(files_stage(place, {root + "none"}, "")); }) ==
        "file '" + root + "none' does not exist");
  CHECK(error_of([&] { stage_files(files_stage(place, {root + "loop"}, "")); }) ==
        "read '" + root + "loop': Too many levels of symbolic links");
  CHECK(error_of([&] { stage_files(files_stage(place, {root + "data"}, "")); }) ==
        "'" + root + "data' is a directory, not a file [name it after DIRECTORY instead of FILES]");
  CHECK(error_of([&] { stage_files(directory_stage(place, root + "a", "")); }) ==
        "'" + root + "a' is not a directory [name it after FILES instead of DIRECTORY]");
  auto both = files_stage(place, {a}, "");
  both.groups.push_back({.sources = {root + "data/a"}, .destination = "a"});
  CHECK(error_of([&] { stage_files(both); }) == "'a' would be a directory and a file at once");
}
