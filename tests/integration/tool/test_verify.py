"""`slipway verify`: images that are wrong, each in one way. Running each shows that
what is said is true."""

import pathlib
import shutil

import harness
from program_images import LIBRARIES, LOADER, MAIN, ProgramImageTest

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"


class Verify(ProgramImageTest):
    def test_sound(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile("app", MAIN, library)
        self.assertEqual(self.verify(), ("", []))

    def test_static(self):
        self.compile("app", "int main() { return 0; }", "-static")
        self.assertEqual(self.verify(), ("", []))

    def test_older_glibc(self):
        self.add_system()
        self.compile("app", "int main() { return 0; }")
        (self.root / LIBRARIES / "libc.so.6").unlink()
        self.compile_versioned("libc.so.6", "libc.so.6", "GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.17")
        text = self.assert_wrong("'/usr/bin/app' needs GLIBC_2.34 of libc.so.6, the image's has up to GLIBC_2.17 "
                                 "('/lib/x86_64-linux-gnu/libc.so.6' of layer 1: COPY root / # buildkit)")
        self.assertIn("compile in an older image (COMPILE_IN)", text)

    def test_older_libstdcxx(self):
        self.add_system("libm.so.6", "libgcc_s.so.1")
        self.compile("app", "#include <string>\n#include <stdexcept>\nint main(int n, char**v) "
                     "{ std::string s(v[0]); s.reserve(100); if (n > 7) throw std::runtime_error(s); return 0; }", "-O0")
        self.compile_versioned("libstdc++.so.6", "libstdc++.so.6", "GLIBCXX_3.4", "CXXABI_1.3")
        text, problems = self.verify()
        self.assertIn(("version", "/lib/x86_64-linux-gnu/libstdc++.so.6"),
                      {(problem["kind"], problem["provider"]) for problem in problems})
        self.assertIn("of libstdc++.so.6, the image's has up to GLIBCXX_3.4 (", text)
        self.assertIn("-static-libstdc++", text)

    def test_no_such_library(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile("app", MAIN, library)
        library.unlink()
        self.assert_wrong("'/usr/bin/app' needs the library 'libanswer.so.1', which the image does not have, searched in ")

    def test_library_where_nobody_looks(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1", into="opt/answer")
        self.compile("app", MAIN, library)
        self.assert_wrong("'/usr/bin/app' needs the library 'libanswer.so.1'")

    def test_runpath_into_the_build_tree(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        tree = self.work / "tree"
        tree.mkdir()
        shutil.move(library, tree / "libanswer.so.1")
        self.compile("app", MAIN, tree / "libanswer.so.1", f"-Wl,-rpath,{tree}")
        self.assert_wrong("'/usr/bin/app' needs the library 'libanswer.so.1', which the image does not have, searched in "
                          f"'{tree}'")

    def test_no_loader(self):
        self.compile("app", "int main() { return 0; }")
        text, problems = self.verify()
        self.assertEqual([problem["kind"] for problem in problems], ["loader", "library"])
        self.assertIn(f"'/usr/bin/app' needs the loader '{LOADER}', which the image does not have", text)

    def test_musl_program_on_glibc(self):
        self.add_system()
        self.compile("app", "int main() { return 0; }", "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1")
        text, _ = self.verify()
        self.assertIn("'/usr/bin/app' needs the loader '/lib/ld-musl-x86_64.so.1'", text)
        self.assertIn("it was linked for musl", text)

    def test_another_machine(self):
        self.add_system()
        app = self.compile("app", "int main() { return 0; }")
        program = bytearray(app.read_bytes())
        program[18:20] = (183).to_bytes(2, "little")  # AArch64
        app.write_bytes(program)
        self.assert_wrong("'/usr/bin/app' is a program for AArch64, the image is for x86-64")

    def test_library_of_another_machine(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile("app", MAIN, library)
        bytes_of = bytearray(library.read_bytes())
        bytes_of[18:20] = (183).to_bytes(2, "little")
        library.write_bytes(bytes_of)
        self.assert_wrong("'/usr/bin/app' needs the library 'libanswer.so.1'")

    def test_symbol_that_is_gone(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile("app", MAIN, library, "-Wl,-z,now")
        self.compile_library("libanswer.so.1", "int other;")
        self.assert_wrong("'/usr/bin/app' needs the symbol 'answer', which nothing that '/usr/bin/app' loads defines")

    def test_plugin_without_its_library(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile_library("plugin.so", 'extern "C" int answer(); int call() { return answer(); }', library,
                             into="usr/lib/plugins")
        self.compile("app", "int main() { return 0; }")
        library.unlink()
        self.assert_wrong("'/usr/lib/plugins/plugin.so' needs the library 'libanswer.so.1'", runs=True)

    def test_plugin_that_calls_its_program(self):
        """What a plugin lacks, its program may have."""
        self.add_system()
        self.compile_library("plugin.so", "int of_host(); int call() { return of_host(); }", into="usr/lib/plugins")
        self.compile("app", "int main() { return 0; }")
        self.assertEqual(self.verify(), ("", []))

    def test_library_by_a_link_that_leads_through_the_root(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1.2", into="opt")
        self.compile("app", MAIN, library, "-Wl,-rpath,$ORIGIN/../lib/private")
        (self.root / "usr/lib/private").mkdir(parents=True)
        (self.root / "usr/lib/private/libanswer.so.1.2").symlink_to("/opt/libanswer.so.1.2")
        self.assertEqual(self.verify(), ("", []))

    def test_build(self):
        self.compile("app", "int main() { return 0; }")
        self.dockerfile("FROM scratch", "COPY root /")
        result = self.slipway("build", "--verify", "error", "-o", f"oci:{self.work / 'image'}", self.context, status=3)
        self.assertIn("slipway: error: '/usr/bin/app' needs the loader", result.err)
        self.assertFalse((self.work / "image").exists())
        result = self.slipway("build", "--verify", "warn", "-o", f"oci:{self.work / 'image'}", self.context)
        self.assertIn("slipway: warning: '/usr/bin/app' needs the loader", result.err)
        # What is wrong with its base is not this image's fault.
        self.slipway("build", "-t", "broken:1", self.context)
        self.dockerfile("FROM broken:1", "COPY root/usr /elsewhere/usr", "ENV A=1")
        result = self.slipway("build", "--verify", "error", self.context, status=3)
        self.assertEqual(result.err.count("needs the loader"), 1, result.err)


class Project(ProgramImageTest):
    def test_targets(self):
        self.need("cmake", "ninja")
        source = self.work / "project"
        source.mkdir()
        (source / "main.cpp").write_text("int main() { return 0; }\n")

        def build(*words, status=0):
            (source / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(demo LANGUAGES CXX)\nadd_executable(app main.cpp)\n"
                f'include("{MODULE}")\nadd_container_image(image TARGETS app FROM scratch {" ".join(words)})\n')
            tree = self.work / "tree"
            self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", source, "-B", tree)
            return self.run_command("cmake", "--build", tree, "--target", "image", status=status)

        build()
        result = build("RUNTIME_DEPENDENCIES", "NONE", status=1)
        self.assertIn("'/usr/bin/app' needs the loader", result.out)
        self.assertIn("warning: '/usr/bin/app'", build("RUNTIME_DEPENDENCIES", "NONE", "VERIFY", "warn").out)
        self.assertNotIn("'/usr/bin/app'", build("RUNTIME_DEPENDENCIES", "NONE", "VERIFY", "off").out)


if __name__ == "__main__":
    harness.main()
