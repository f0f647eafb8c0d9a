#include <catch2/catch.hpp>

#include "build/install_trace.hpp"
#include "build/staging.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
namespace fs = std::filesystem;

namespace {

/// A build folder with the install script that CMake 3.25 writes.
class BuildFolder {
 public:
  BuildFolder() : directory_(fs::canonical(fs::temp_directory_path()), "install-") {
    write_file_if_changed(path() / "app", "program");
    write_file_if_changed(path() / "data/keep", "1");
    write_file_if_changed(path() / "data/skip.o", "2");
    write_file_if_changed(path() / "cmake_install.cmake", script());
  }
  const fs::path& path() const { return directory_.path(); }

  InstallStage stage(const std::string& component) const {
    return {.output = {path() / "out/tree", path() / "out/stamp", path() / "out/stamp.d"},
            .script = path() / "cmake_install.cmake",
            .components = {component},
            .trace = true};
  }

 private:
  std::string script() const {
    const auto build = path().native();
    return "if(CMAKE_INSTALL_COMPONENT STREQUAL \"runtime\")\n"
           "  file(INSTALL DESTINATION \"${CMAKE_INSTALL_PREFIX}/bin\" TYPE EXECUTABLE FILES \"" +
           build +
           "/app\")\n"
           "  file(INSTALL DESTINATION \"${CMAKE_INSTALL_PREFIX}/share\" TYPE DIRECTORY FILES \"" +
           build +
           "/data\" REGEX \"/[^/]*\\\\.o$\" EXCLUDE)\n"
           "elseif(CMAKE_INSTALL_COMPONENT STREQUAL \"broken\")\n"
           "  message(FATAL_ERROR \"out of order\")\n"
           "endif()\n"
           "set(CMAKE_INSTALL_MANIFEST \"install_manifest_${CMAKE_INSTALL_COMPONENT}.txt\")\n"
           "file(WRITE \"" +
           build + "/${CMAKE_INSTALL_MANIFEST}\" \"${CMAKE_INSTALL_MANIFEST_FILES}\")\n";
  }

  TempDir directory_;
};

}  // namespace

TEST_CASE("a component is staged as cmake installs it, and nothing else is left",
          "[build][install]") {
  const BuildFolder build;
  stage_install(build.stage("runtime"));
  const auto tree = build.path() / "out/tree";
  CHECK(read_file(tree / "usr/bin/app") == "program");
  CHECK((lstat_file(tree / "usr/bin/app")->st_mode & 07777) == 0755);
  CHECK(lstat_file(tree / "usr/share/data/keep"));
  CHECK_FALSE(lstat_file(tree / "usr/share/data/skip.o"));
  CHECK_FALSE(lstat_file(build.path() / "install_manifest_runtime.txt"));
  const auto depfile = read_file(build.path() / "out/stamp.d");
  for (const std::string name :
       {"/app", "/data", "/data/keep", "/cmake_install.cmake", "/out/tree/usr/bin"}) {
    CAPTURE(name);
    CHECK(depfile.find(" " + build.path().native() + name + " \\\n") != std::string::npos);
  }
  CHECK(depfile.find("skip.o") == std::string::npos);
}

TEST_CASE("a component that installs nothing is an error", "[build][install]") {
  const BuildFolder build;
  CHECK(error_of([&] { stage_install(build.stage("runtme")); }) ==
        "install component 'runtme' installs nothing [did you mean 'runtime'?]");
  CHECK(error_of([&] { stage_install(build.stage("x")); }) ==
        "install component 'x' installs nothing [install() calls there have COMPONENT broken, "
        "runtime]");
}

TEST_CASE("a required file has to be installed", "[build][install]") {
  const BuildFolder build;
  auto request = build.stage("runtime");
  request.required = {build.path() / "app"};
  CHECK_NOTHROW(stage_install(request));
  request.required = {build.path() / "data/skip.o"};
  CHECK(error_of([&] { stage_install(request); }) ==
        "file '" + build.path().native() +
            "/data/skip.o' is not installed by component 'runtime' [add its target to an "
            "install(TARGETS) call "
            "with that COMPONENT, or leave COMPONENTS away]");
}

TEST_CASE("an install script that fails shows what it printed", "[build][install]") {
  const BuildFolder build;
  const auto message = error_of([&] { stage_install(build.stage("broken")); });
  CHECK(message.starts_with("install component 'broken' by '" + build.path().native() +
                            "/cmake_install.cmake': cmake exited with status 1\n"));
  CHECK(message.find("out of order") != std::string::npos);
  CHECK_FALSE(lstat_file(build.path() / "out/tree"));
}

TEST_CASE("a text that is no trace is refused", "[build][install]") {
  CHECK(error_of([] {
          (void)parse_install_trace("CMake Error");
        }).starts_with("read cmake's trace: "));
}
