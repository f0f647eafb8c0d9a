#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "base/text.hpp"
#include "build/staging.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
namespace fs = std::filesystem;

namespace {

/// A project in src/, staged into out/tree.
class Project {
 public:
  Project() : directory_(fs::canonical(fs::temp_directory_path()), "sources-") {
    write("CMakeLists.txt", "project(p)\n");
    write("app/main.cpp", "int main() {}\n");
    write("docs/notes.md", "notes\n");
    stage.output = {path("out/tree"), path("out/stamp"), path("out/stamp.d")};
    stage.directory = path("src");
  }

  fs::path path(const std::string& name) const { return directory_.path() / name; }
  void write(const std::string& name, const std::string& text) const {
    write_file_if_changed(path("src") / name, text);
  }
  std::optional<std::string> staged(const std::string& name) const {
    return read_file_if_exists(path("out/tree") / name);
  }
  std::string stamp() const { return read_file(path("out/stamp")); }
  bool depends_on(const std::string& name) const {
    return read_file(path("out/stamp.d")).find(path(name).native()) != std::string::npos;
  }
  /// As a compile that read these files leaves it.
  std::string list(const std::string& files) const { return *staged(".slipway-seal") + files; }

  SourcesStage stage = {};

 private:
  TempDir directory_;
};

}  // namespace

TEST_CASE("sources are staged without build trees, .git and what is ignored", "[build][sources]") {
  Project project;
  project.write(".git/HEAD", "ref\n");
  project.write("cmake-build/CMakeCache.txt", "");
  project.write("out/CMakeLists.txt", "");
  project.write("docs/keep.md", "keep\n");
  project.write(".dockerignore", "docs\n!docs/keep.md\n");
  project.stage.excluded = {project.path("src/out")};
  stage_sources(project.stage);
  CHECK(project.staged("app/main.cpp") == "int main() {}\n");
  CHECK(project.staged("docs/keep.md") == "keep\n");
  for (const auto* name :
       {".git/HEAD", "cmake-build/CMakeCache.txt", "out/CMakeLists.txt", "docs/notes.md"}) {
    CAPTURE(name);
    CHECK_FALSE(project.staged(name));
  }
}

TEST_CASE("what the last compile did not read may change", "[build][sources]") {
  Project project;
  stage_sources(project.stage);
  const auto stamp = project.stamp();
  project.stage.read_list = project.list("CMakeLists.txt\napp/main.cpp\n");
  project.write("docs/notes.md", "other notes\n");
  stage_sources(project.stage);
  CHECK(project.stamp() == stamp);
  CHECK(project.staged("docs/notes.md") == "notes\n");
  CHECK(project.depends_on("src/app/main.cpp"));
  CHECK_FALSE(project.depends_on("src/docs/notes.md"));

  SECTION("until something that it read does") {
    project.write("app/main.cpp", "int main() { return 1; }\n");
    stage_sources(project.stage);
    CHECK(project.stamp() != stamp);
    CHECK(project.staged("docs/notes.md") == "other notes\n");
    CHECK(project.depends_on("src/docs/notes.md"));
  }
  SECTION("until a file is new beside what it read") {
    project.write("app/more.cpp", "");
    stage_sources(project.stage);
    CHECK(project.staged("app/more.cpp") == "");
  }
  SECTION("until something that it read is gone") {
    fs::remove(project.path("src/app/main.cpp"));
    stage_sources(project.stage);
    CHECK_FALSE(project.staged("app/main.cpp"));
  }
  SECTION("until a mode does") {
    fs::permissions(project.path("src/app/main.cpp"), fs::perms(0755));
    stage_sources(project.stage);
    CHECK(project.stamp() != stamp);
  }
}

TEST_CASE("a list of another tree does not count", "[build][sources]") {
  Project project;
  stage_sources(project.stage);
  const auto list = project.list("CMakeLists.txt\n");
  project.write("app/main.cpp", "int main() { return 2; }\n");
  project.stage.read_list = list;
  stage_sources(project.stage);  // the compile does not see that file: nothing is staged
  CHECK(project.staged("app/main.cpp") == "int main() {}\n");
  project.write("CMakeLists.txt", "project(q)\n");
  stage_sources(project.stage);  // the compile of this tree fails, and leaves no list
  project.write("app/main.cpp", "int main() { return 3; }\n");
  stage_sources(project.stage);
  CHECK(project.staged("app/main.cpp") == "int main() { return 3; }\n");
}

TEST_CASE("what takes another file's place is newer than it", "[build][sources]") {
  Project project;
  stage_sources(project.stage);
  const auto before = lstat_file(project.path("out/tree/app/main.cpp"))->st_mtim;
  project.write("app/main.cpp", "int main() { return 4; }\n");
  std::this_thread::sleep_for(
      std::chrono::milliseconds(20));  // files' times come from a coarse clock
  fs::last_write_time(project.path("src/app/main.cpp"),
                      fs::file_time_type::clock::now() - std::chrono::hours(1000));
  stage_sources(project.stage);
  const auto after = lstat_file(project.path("out/tree/app/main.cpp"))->st_mtim;
  CHECK(std::pair(after.tv_sec, after.tv_nsec) > std::pair(before.tv_sec, before.tv_nsec));
}

TEST_CASE("sources have to be in a directory", "[build][sources]") {
  Project project;
  project.stage.directory = project.path("nowhere");
  CHECK(error_of([&] { stage_sources(project.stage); }) ==
        "'" + project.path("nowhere").native() + "' is not a directory");
}
