"""`slipway gate`: what an image adds to its base, judged by named rules."""

import json
import os
import pathlib

import harness
from program_images import ProgramImageTest

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"


class Paths(harness.ToolTest):
    def gate(self, *options, image="oci:image", status=0):
        return self.slipway("gate", image, *options, status=status)

    def assert_found(self, *expected, result):
        found = [line for line in result.out.splitlines() if line.startswith("slipway: ")]
        self.assertEqual(found, [f"slipway: {line}" for line in expected])

    def test_modes(self):
        self.write("open", mode=0o666)
        self.write("closed", mode=0o644)
        self.write("tmp/keep")
        self.write("var/keep")
        (self.context / "tmp").chmod(0o1777)
        (self.context / "var").chmod(0o777)
        self.write("su", mode=0o4755)
        self.write("wall", mode=0o2755)
        self.dockerfile("FROM scratch", "COPY . /")
        self.build()
        self.assert_found(
            "warning: '/su' runs with the rights of its owner 0 (mode 4755) [setuid-file]",
            "warning: '/wall' runs with the rights of its group 0 (mode 2755) [setuid-file]",
            "warning: '/open' may be changed by anybody (mode 0666) [world-writable-path]",
            "warning: '/var' may be changed by anybody (mode 0777) [world-writable-path]",
            result=self.gate())
        result = self.gate("--rule", "all=off", "--rule", "setuid-file=error", status=3)
        self.assertEqual(result.out.count("error:"), 2)

    def test_shells_and_package_managers(self):
        self.write("bin/sh", mode=0o755)
        self.write("bin/busybox", mode=0o755)
        self.write("apt/apt-get", mode=0o755)
        self.write("none/notes.txt")
        self.dockerfile("FROM scratch", "COPY none /none")
        self.slipway("build", "-t", "empty:1", self.context)
        self.dockerfile("FROM empty:1", "COPY bin /usr/bin", "COPY apt /usr/sbin")
        self.slipway("build", "-t", "shells:1", self.context)
        told = ["warning: '/usr/bin/busybox' is a shell (and 1 more), and what the image stands on has none [shell-added]",
                "warning: '/usr/sbin/apt-get' is a package manager, and what the image stands on has none "
                "[package-manager-added]"]
        self.assert_found(*told, result=self.gate("--base", "empty:1", image="shells:1"))
        self.assert_found(result=self.gate("--base", "shells:1", image="shells:1"))
        # A base that has one may have it replaced.
        self.dockerfile("FROM shells:1", "COPY bin /bin")
        self.slipway("build", "-t", "again:1", self.context)
        self.assert_found(result=self.gate("--base", "shells:1", image="again:1"))
        result = self.gate("--base", "shells:1", image="empty:1", status=2)
        self.assertIn("--base: the image does not stand on 'shells:1'", result.err)
        # A build knows its base.
        self.dockerfile("FROM shells:1", "COPY none /none", "ENV A=1")
        self.assertEqual(self.slipway("build", "--gate", "default", self.context).err.count("shell-added"), 0)

    def test_formats(self):
        self.write("open", mode=0o666)
        self.dockerfile("FROM scratch", "COPY open /")
        self.build()
        finding = {"rule": "world-writable-path", "severity": "warning", "file": "/open",
                   "message": "may be changed by anybody (mode 0666)", "hint": "give it to the user that writes to it"}
        self.assertEqual(json.loads(self.gate("--format", "json").out), {"findings": [finding]})
        run = json.loads(self.gate("--format", "sarif").out)["runs"][0]
        self.assertEqual([rule["id"] for rule in run["tool"]["driver"]["rules"]], ["world-writable-path"])
        place = run["results"][0]["locations"][0]["physicalLocation"]
        self.assertEqual(place, {"artifactLocation": {"uri": "open"}})

    def test_levels(self):
        self.write("open", mode=0o666)
        self.dockerfile("FROM scratch", "COPY open /")
        result = self.slipway("build", "--gate", "world-writable-path=error", "-o", "oci:image", self.context, status=3)
        self.assertIn("slipway: error: '/open' may be changed by anybody", result.err)
        self.assertFalse((self.work / "image").exists())
        self.build()
        for words, said in ((["--rule", "world-writeable-path=error"], "did you mean 'world-writable-path'?"),
                            (["--rule", "no-pie=fatal"], "is not of the form NAME=off|warn|error"),
                            (["--rule", "no-pie"], "is not of the form NAME=off|warn|error")):
            result = self.gate(*words, status=2)
            self.assertIn(said, result.err)
            self.assert_one_diagnostic(result)
        result = self.slipway("plan", "--gate", "no-such=off", self.context, "--emit", "ninja", status=2)
        self.assertIn("--gate: unknown rule 'no-such'", result.err)
        self.assertIn("'slipway help gate' lists them", result.err)

    def test_help(self):
        result = self.slipway("help", "gate", "nonsense", status=2)
        self.assertIn("unknown rule 'nonsense'\n  hint: 'slipway help gate' lists them", result.err)
        listed = self.slipway("help", "gate").out
        for rule in ("march-native", "isa-level", "no-relro", "setuid-file"):
            self.assertIn(f"  {rule} ", listed)
            self.assertIn("GATE " + rule + "=off", self.slipway("help", "gate", rule).out)
        self.assertIn("did you mean 'no-pie'", self.slipway("help", "gate", "no-pi", status=2).err)

    def test_damaged_file(self):
        self.write("bin/app", b"\x7fELF" + b"\0" * 80, mode=0o755)
        self.dockerfile("FROM scratch", "COPY . /")
        self.build()
        result = self.gate(status=3)
        self.assertIn("damaged ELF file", result.err)
        self.assert_one_diagnostic(result)


class Programs(ProgramImageTest):
    def rules(self, *options):
        """The rules that find something, with the files."""
        self.dockerfile("FROM scratch", "COPY root /")
        self.slipway("build", "-o", f"oci:{self.work / 'image'}", self.context)
        result = self.slipway("gate", f"oci:{self.work / 'image'}", "--rule", "all=error", "--format", "json", *options,
                              status=None)
        found = json.loads(result.out)["findings"]
        self.assertEqual(result.status, 3 if found else 0)
        return {(finding["rule"], finding["file"]) for finding in found}

    def test_hardened(self):
        self.compile("app", '#include <cstdio>\nint main() { int n; return std::scanf("%d", &n); }',
                     "-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-Wl,-z,relro,-z,now", "-nodefaultlibs", "-lc")
        self.assertEqual(self.rules(), set())

    def test_soft(self):
        self.compile("app", '#include <cstdio>\nint main() { int n; return std::scanf("%d", &n); }',
                     "-no-pie", "-fno-stack-protector", "-Wl,-z,norelro", "-nodefaultlibs", "-lc")
        app = "/usr/bin/app"
        self.assertEqual(self.rules(), {("no-pie", app), ("no-relro", app), ("no-stack-protector", app)})

    def test_partial_relro(self):
        self.compile("app", "#include <cstdio>\nint main() { std::puts(__func__); }", "-pie", "-fPIE", "-Wl,-z,relro,-z,lazy",
                     "-nodefaultlibs", "-lc")
        self.assertEqual(self.rules(), {("partial-relro", "/usr/bin/app")})

    def test_static(self):
        self.compile("app", "int main() { return 0; }", "-static", "-no-pie")
        self.assertEqual(self.rules(), {("no-pie", "/usr/bin/app")})

    def test_level_of_a_note(self):
        app = self.compile("app", "int main() { return 0; }", "-pie", "-fPIE", "-Wl,-z,now", "-Wl,-z,x86-64-v3")
        self.assertEqual(self.rules(), {("isa-level", "/usr/bin/app")})
        # As an older linker leaves it.
        program = bytearray(app.read_bytes())
        for at in range(64, 64 + 56 * program[56], 56):
            if program[at:at + 4] == b"\x53\xe5\x74\x64":
                program[at:at + 4] = bytes(4)
        app.write_bytes(program)
        self.assertEqual(self.rules(), {("isa-level", "/usr/bin/app")})
        # What is used is not what is needed.
        self.compile("app", "int main() { return 0; }", "-pie", "-fPIE", "-Wl,-z,now", "-Wa,-mx86-used-note=yes",
                     "-march=x86-64-v3")
        self.assertEqual(self.rules(), set())

    def test_sanitizers_linked_in(self):
        options = ("-fsanitize=undefined", "-static-libubsan")
        self.compile("app", "int main(int n, char**) { return n + n; }", "-pie", "-fPIE", "-Wl,-z,now", *options)
        self.assertIn(("sanitizer-runtime", "/usr/bin/app"), self.rules())

    def test_paths_of_trees(self):
        self.compile("app", '#include <cstdio>\nint main() { std::puts("/src/tree/main.cpp:7"); }', "-pie", "-fPIE",
                     "-Wl,-z,now", "-Wl,-rpath,/src/tree/lib:/opt/lib:/home/somebody/lib", "-nodefaultlibs", "-lc")
        app = "/usr/bin/app"
        self.assertEqual(self.rules(), {("build-path-rpath", app)})  # /home is in no image
        self.assertEqual(self.rules("--build-path", "/src/tree"), {("build-path-rpath", app), ("build-path-strings", app)})
        for other in ("/src/tre", "/tree", "/rc/tree"):
            self.assertNotIn(("build-path-strings", app), self.rules("--build-path", other))
        (self.root / "home/somebody/lib").mkdir(parents=True)
        self.assertEqual(self.rules(), set())


class Project(ProgramImageTest):
    def setUp(self):
        super().setUp()
        self.need("cmake", "ninja")
        self.source = self.work / "project"
        self.source.mkdir()
        (self.source / "main.cpp").write_text("const char* where(); int main() { return where() == nullptr; }\n")
        (self.source / "lib.cpp").write_text("const char* where() { return __FILE__; }\n")

    def build(self, *words, options=(), lines=(), status=0):
        """Build the image with these words more; what the build says."""
        (self.source / "CMakeLists.txt").write_text("\n".join((
            "cmake_minimum_required(VERSION 3.25)", "project(demo LANGUAGES CXX)",
            "add_library(where STATIC lib.cpp)", "add_executable(app main.cpp)", "target_link_libraries(app where)",
            f'include("{MODULE}")', *lines,
            f'add_container_image(image TARGETS app FROM scratch PLATFORM linux/amd64 {" ".join(words)})', "")))
        tree = self.work / "tree"
        self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-DCMAKE_BUILD_TYPE=Release",
                         *options, "-S", self.source, "-B", tree)
        return self.run_command("cmake", "--build", tree, "--target", "image", status=status).out

    def gate(self, status=0):
        """What `image_gate` says."""
        done = self.run_command("cmake", "--build", self.work / "tree", "--target", "image_gate", status=status)
        return done.out + done.err

    def test_compile_flags(self):
        native = ["target_compile_options(where PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-march=native>)"]
        said = "slipway: error: target 'where' is compiled for the processor of this machine (-march=native) [march-native]"
        self.assertIn(said, self.build(lines=native, status=1))
        self.assertIn(said.replace("error", "warning"), self.build("GATE", "march-native=warn", lines=native))
        self.assertIn(said.replace("error", "warning"), self.gate())
        self.assertIn(said, self.build(lines=["set_target_properties(where PROPERTIES COMPILE_FLAGS -march=native)"],
                                       status=1))
        out = self.build(options=["-DCMAKE_CXX_FLAGS=-march=haswell"], status=1)
        self.assertIn("slipway: error: target 'app' is compiled for haswell, the image is for linux/amd64 [isa-level]", out)
        self.assertIn("slipway: error: target 'where' is compiled for haswell", out)
        self.assertNotIn("[isa-level]", self.build(options=["-DCMAKE_CXX_FLAGS=-march=haswell -march=x86-64"]))

    def test_paths(self):
        said = f"slipway: warning: '/usr/bin/app' holds the path '{str(self.source).split(' ', maxsplit=1)[0]}"
        self.assertIn(said, self.build())
        self.assertNotIn("[build-path-strings]", self.build("GATE", "build-path-strings=off"))
        # The call has the last word.
        options = ["-DSLIPWAY_GATE=build-path-strings=error"]
        self.assertIn(said.replace("warning", "error"), self.build(options=options, status=1))
        self.assertNotIn("[build-path-strings]", self.build("GATE", "all=off", options=options))
        self.assertIn("holds the path", self.build("GATE", "build-path-strings=warn", options=options))

    def test_unknown_rule(self):
        (self.source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(demo LANGUAGES CXX)\nadd_executable(app main.cpp lib.cpp)\n"
            f'include("{MODULE}")\nadd_container_image(image TARGETS app FROM scratch GATE no-pi=off)\n')
        result = self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", self.source, "-B",
                                  self.work / "tree", status=1)
        self.assertIn("--gate: unknown rule 'no-pi'", result.err)
        self.assertIn("did you mean 'no-pie'?", result.err)

    def test_dockerfile(self):
        self.write("open", mode=0o666)
        self.dockerfile("FROM scratch", "COPY open /")
        for words, count in (([], 0), (["GATE", "default"], 1), (["GATE", "no-pie=error"], 1)):
            (self.source / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(demo LANGUAGES CXX)\n"
                f'include("{MODULE}")\nadd_container_image(image DOCKERFILE "{self.context}/Dockerfile" {" ".join(words)})\n')
            tree = self.work / "tree"
            self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", self.source, "-B", tree)
            out = self.run_command("cmake", "--build", tree, "--target", "image").out
            self.assertEqual(out.count("[world-writable-path]"), count, out)
            self.assertEqual(self.gate().count("[world-writable-path]"), 1)
            os.remove(tree / "image.container/image.digest")
        # The base is passed over.
        self.slipway("build", "-q", "-t", "open:1", self.context)
        self.dockerfile("FROM open:1", "COPY Dockerfile /")
        self.run_command("cmake", "--build", tree, "--target", "image")
        self.assertNotIn("[world-writable-path]", self.gate())

    def test_targets_of_contexts(self):
        self.dockerfile("FROM scratch", "COPY --from=program usr/bin/app /app")
        (self.source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(demo LANGUAGES CXX)\n"
            "add_library(where STATIC lib.cpp)\nadd_executable(app main.cpp)\ntarget_link_libraries(app where)\n"
            f'target_compile_options(where PRIVATE -march=native)\ninclude("{MODULE}")\nadd_container_image('
            f'image DOCKERFILE "{self.context}/Dockerfile" BUILD_CONTEXTS program=app GATE march-native=warn)\n')
        tree = self.work / "tree"
        self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", self.source, "-B", tree)
        said = "target 'where' is compiled for the processor of this machine (-march=native) [march-native]"
        self.assertIn(said, self.run_command("cmake", "--build", tree, "--target", "image").out)
        self.assertIn(said, self.gate())


if __name__ == "__main__":
    harness.main()
