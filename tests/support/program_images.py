"""Images of a few programs and libraries, compiled for a test: what `slipway verify`
and `slipway gate` say of them, and what happens when they run."""

import json
import os
import pathlib
import platform
import shutil

import harness

LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBRARIES = "lib/x86_64-linux-gnu"
MAIN = 'extern "C" int answer(); int main() { return answer() - 42; }'


class ProgramImageTest(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.need("g++")
        if platform.machine() != "x86_64" or not os.path.exists(LOADER):
            self.skipTest("the programs are made for x86-64 and glibc")
        self.root = self.context / "root"
        self.root.mkdir(parents=True)

    def compile(self, name, source, *options, into="usr/bin"):
        """Compile a program or library into the image's root; its path outside."""
        place = self.root / into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        file = self.work / f"{name}.cpp"
        file.write_text(source)
        self.run_command("g++", file, "-o", place, *options)
        return place

    def compile_library(self, name, source='extern "C" int answer() { return 42; }', *options, into=LIBRARIES):
        return self.compile(name, source, "-shared", "-fPIC", f"-Wl,-soname,{name}", *options, into=into)

    def compile_versioned(self, name, soname, *versions, source="int unused;", into=LIBRARIES):
        """A library that defines these versions and nothing else."""
        script = self.work / "versions.map"
        script.write_text("".join(f"{version} {{ }};\n" for version in versions))
        return self.compile(name, source, "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{soname}",
                            f"-Wl,--version-script,{script}", into=into)

    def add_system(self, *names):
        """The loader and libraries of this machine."""
        for name in ("libc.so.6", *names):
            where = next(pathlib.Path(folder) / name for folder in ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
                                                                    "/lib64", "/usr/lib64")
                         if (pathlib.Path(folder) / name).exists())
            (self.root / LIBRARIES).mkdir(parents=True, exist_ok=True)
            shutil.copy(where, self.root / LIBRARIES / name)
        (self.root / "lib64").mkdir(exist_ok=True)
        shutil.copy(LOADER, self.root / LOADER[1:])

    def verify(self, *options):
        """What is wrong with an image of the root."""
        self.dockerfile("FROM scratch", "COPY root /", 'ENTRYPOINT ["/usr/bin/app"]', *options)
        layout = self.work / "image"
        self.slipway("build", "-o", f"oci:{layout}", self.context)
        result = self.slipway("verify", f"oci:{layout}", status=None)
        problems = json.loads(self.slipway("verify", "--json", f"oci:{layout}", status=None).out)
        self.assertEqual(result.status, 3 if problems else 0)
        self.assertEqual(result.err.count("error: "), len(problems))
        return result.err, problems

    def build_checked(self, *options, base="scratch", lines=()):
        """`slipway build` with all checks on, as the targets of CMake have them."""
        self.dockerfile(f"FROM {base}", "COPY root /", 'ENTRYPOINT ["/usr/bin/app"]', *lines)
        return self.slipway("build", "--verify", "error", "--gate", "default", *options, "-o",
                            f"oci:{self.work / 'image'}", self.context, status=None)

    def run_image(self, *words, env=()):
        """Run the image that is made whatever the checks say."""
        self.slipway("build", "-o", f"oci:{self.work / 'unchecked'}", self.context)
        settings = [word for setting in env for word in ("-e", setting)]
        result = self.slipway("run", "--rm", *settings, f"oci:{self.work / 'unchecked'}", *words, status=None)
        if "sandbox" in result.err:
            self.skipTest("nothing can be run in a sandbox here")
        return result

    def assert_wrong(self, said, *, runs=False):
        """One problem, in these words; and the program does not run."""
        text, problems = self.verify()
        self.assertEqual(len(problems), 1, text)
        self.assertIn(said, text)
        self.assertIn("  hint: ", text)
        result = self.slipway("run", "--rm", f"oci:{self.work / 'image'}", status=None)
        if "sandbox" not in result.err:
            self.assertEqual(result.status == 0, runs, result.err)
        return text
