"""add_container_test(): CTest tests that run inside of an image."""

import pathlib
import subprocess
import sys

import harness

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"
SOURCE = r"""
#include <cstdio>
#include <cstdlib>
#include <cstring>
int part();
int main(int count, char** words) {
  for (int i = 1; i < count; ++i) std::printf("[%s]", words[i]);
  const char* value = std::getenv("A");
  std::printf(" A=%s\n", value == nullptr ? "" : value);
  std::FILE* data = std::fopen("data.txt", "r");
  std::printf("%s\n", data == nullptr ? "no data" : "data");
  return count > 1 && std::strcmp(words[1], "fail") == 0 ? 3 : part();
}
"""
PROJECT = f"""
cmake_minimum_required(VERSION 3.25)
project(demo LANGUAGES CXX)
enable_testing()
include("{MODULE}")
add_library(part SHARED part.cpp)
add_executable(app main.cpp)
add_executable(unit_tests main.cpp)
target_link_libraries(app PRIVATE part)
target_link_libraries(unit_tests PRIVATE part)
file(WRITE "${{CMAKE_CURRENT_BINARY_DIR}}/data.txt" "x")
add_container_image(image TARGETS app FROM scratch USER 0 CMD one)
add_container_test(as_it_is IMAGE image)
add_container_test(arguments IMAGE image ARGS two "a b" ENV A=1)
add_container_test(fails IMAGE image ARGS fail)
add_container_test(words IMAGE image COMMAND /usr/bin/app three)
add_container_test(inside IMAGE image COMMAND unit_tests four ENV "A=x y")
add_container_test(TARGETS unit_tests IMAGE image ENV A=2)
add_test(NAME launched COMMAND unit_tests five)
set_tests_properties(launched PROPERTIES SKIP_RETURN_CODE 77)
"""


class ContainerTest(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.need("cmake", "ninja", "g++", "ctest")
        self.source = self.work / "source"
        self.source.mkdir()
        (self.source / "CMakeLists.txt").write_text(PROJECT)
        (self.source / "main.cpp").write_text(SOURCE)
        (self.source / "part.cpp").write_text("int part() { return 0; }\n")
        self.tree = self.work / "tree"
        self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", self.source, "-B", self.tree)
        self.run_command("cmake", "--build", self.tree)

    def ctest(self, *options, before=()):
        done = subprocess.run([*before, "ctest", "--test-dir", self.tree, "-V", *options], capture_output=True, text=True,
                              check=False, env=self.environment())
        if done.returncode == 77:
            self.skipTest("the machine's system calls have other numbers")
        return done.stdout + done.stderr

    def test_all(self):
        said = self.ctest()
        if "skipped: " in said:
            self.skipTest(said[said.index("skipped: "):].splitlines()[0])
        self.assertIn("86% tests passed, 1 tests failed out of 7", said)
        self.assertIn("(Failed)", said)
        for line in ("[one] A=\n", "[two][a b] A=1\n", "[three] A=\n", "[four] A=x y\n", "[five] A=2\n"):
            self.assertIn(line, said)
        # The build tree is there only for a program of it.
        self.assertEqual(said.count(": data\n"), 2)
        self.assertEqual(said.count(": no data\n"), 4)

    def test_skipped_without_a_sandbox(self):
        forbid = [sys.executable, "-B", pathlib.Path(harness.__file__).parent / "no_namespaces.py"]
        said = self.ctest(before=forbid)
        self.assertEqual(said.count("***Skipped"), 6)
        self.assertIn("100% tests passed, 0 tests failed out of 7", said)
        self.assertEqual(said.count("skipped: make the container's namespaces: Operation not permitted\n"), 6)


if __name__ == "__main__":
    harness.main()
