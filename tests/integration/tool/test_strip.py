"""STRIP and DEBUG_VARIANT: debug information in an image of its own."""

import pathlib

import harness

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"
LIBRARY = """// a comment
#include <cstdlib>
int part(int count) {
  int doubled = 2 * count;
  if (doubled > 2) std::abort();  // %s
  return doubled;
}
"""
PROJECT = f"""
cmake_minimum_required(VERSION 3.25)
project(demo LANGUAGES CXX)
include("{MODULE}")
add_compile_options(-g -O0 ${{MORE}})
add_link_options(${{MORE}})
add_library(part SHARED part.cpp)
set_target_properties(part PROPERTIES VERSION 1.2 SOVERSION 1)
add_executable(app main.cpp)
target_link_libraries(app PRIVATE part)
add_container_image(image TARGETS app FROM scratch USER 0 TAGS example.org/app:1 ${{STRIP}})
"""


class Strip(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.need("cmake", "ninja", "g++", "readelf")
        self.source = self.work / "source"
        self.source.mkdir()
        (self.source / "CMakeLists.txt").write_text(PROJECT)
        (self.source / "main.cpp").write_text("int part(int);\nint main(int count, char**) { return part(count); }\n")
        (self.source / "part.cpp").write_text(LIBRARY % "too many")
        self.tree = self.work / "tree"

    def configure(self, strip, more=""):
        self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", f"-DSTRIP={strip}",
                         f"-DMORE={more}", "-S", self.source, "-B", self.tree)

    def build(self, *targets):
        self.run_command("cmake", "--build", self.tree, "--target", *targets)

    def digest(self, image):
        return (self.tree / f"{image}.container/image.digest").read_text()

    def staged(self, path):
        return self.tree / "image.container/context" / path

    def sections(self, file):
        return self.run_command("readelf", "-SW", file).out

    def unpack(self, image):
        """The image's files, by a program that is not ours."""
        self.need("umoci")
        bundle = self.work / f"{image}-bundle"
        tag = "1-debug" if image.endswith("_debug") else "1"
        self.run_command("umoci", "unpack", "--rootless", "--image", f"{self.tree}/{image}.container/image:{tag}", bundle)
        return bundle / "rootfs"

    def core_of(self, image):
        """What the image's program leaves when it aborts."""
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if pattern != "core":
            self.skipTest(f"cores go to '{pattern}'")
        folder = self.work / "cores"
        folder.mkdir()
        self.slipway("run", "--rm", "--ulimit", "core=-1", "-v", f"{folder}:/cores", "-w", "/cores",
                            f"oci:{self.tree}/{image}.container/image:1", "more", status=134)
        return next(folder.iterdir())

    def debug(self, root, core, *commands):
        self.need("gdb")
        words = [f"set sysroot {root}", f"set debug-file-directory {root}/usr/lib/debug", f'file "{root}/usr/bin/app"',
                 f"core-file {core}", *commands]
        options = [word for command in words for word in ("-ex", command)]
        done = self.run_command("gdb", "-nx", "-batch", *options, status=None)
        return done.out + done.err

    def test_gdb_reads_a_core(self):
        self.configure("STRIP;split")
        self.build("image_debug")
        for name in ("executables/usr/bin/app", "libraries/usr/lib/libpart.so.1.2"):
            sections = self.sections(self.staged(name))
            self.assertIn(".gnu_debuglink", sections)
            self.assertNotIn(".debug_info", sections)
            self.assertNotIn(".symtab", sections)
        said = self.debug(self.unpack("image_debug"), self.core_of("image"), "bt")
        self.assertRegex(said, r"part \(count=2\) at .*part\.cpp:5")
        self.assertRegex(said, r"main \(count=2.*main\.cpp:2")
        self.assertNotIn("CRC mismatch", said)

    def test_link_without_build_id(self):
        self.configure("STRIP;split", "-Wl,--build-id=none")
        self.build("image_debug")
        found = sorted(path.parent.name for path in self.tree.glob("image_debug.container/context/**/*.debug"))
        self.assertEqual(found, ["bin", "lib"])
        said = self.debug(self.unpack("image_debug"), self.core_of("image"), "bt")
        self.assertRegex(said, r"part\.cpp:5")
        self.assertNotIn("CRC mismatch", said)

    def test_split_dwarf(self):
        self.need("dwp")
        self.configure("STRIP;split", "-gsplit-dwarf;-gdwarf-4")
        self.build("image_debug")
        root = self.unpack("image_debug")
        for file in self.tree.glob("CMakeFiles/**/*.dwo"):
            file.unlink()
        self.assertTrue((root / "usr/bin/app.dwp").exists())
        said = self.debug(root, self.core_of("image"), "up 2", "info locals", "bt")
        self.assertRegex(said, r"part\.cpp:5")

    def test_a_comment_changes_debug_information_alone(self):
        self.configure("STRIP;split")
        self.build("image", "image_debug")
        runtime, debug = self.digest("image"), self.digest("image_debug")
        self.write(self.source / "part.cpp", LIBRARY.replace("// a comment", "// a comment\n// and a line") % "many")
        self.build("image", "image_debug")
        self.assertEqual(self.digest("image"), runtime)
        self.assertNotEqual(self.digest("image_debug"), debug)
        self.assertIn("no work to do", self.run_command("ninja", "-C", self.tree, "image", "image_debug").out)

    def test_on_and_off(self):
        self.configure("")
        self.build("image")
        self.assertIn(".debug_info", self.sections(self.staged("executables/usr/bin/app")))
        self.configure("STRIP;on")
        self.build("image")
        sections = self.sections(self.staged("executables/usr/bin/app"))
        self.assertNotIn(".debug_info", sections)
        self.assertNotIn(".symtab", sections)

    def test_debug_variant(self):
        self.need("gdbserver")
        self.configure("DEBUG_VARIANT")
        self.build("image_debug_verify")
        said = self.slipway("run", "--rm", "--entrypoint", "/usr/bin/gdbserver",
                            f"oci:{self.tree}/image_debug.container/image:1-debug", "--version").out
        self.assertIn("GNU gdbserver", said)
        self.assertFalse(self.staged("debugger").exists())

    def test_objcopy_that_fails(self):
        self.configure("STRIP;split")
        self.run_command("cmake", "-DCMAKE_OBJCOPY=/bin/false", self.tree)
        done = self.run_command("cmake", "--build", self.tree, "--target", "image", status=1)
        self.assertIn("false exited with status 1", done.out + done.err)


if __name__ == "__main__":
    harness.main()
