"""Programs that are linked in odd ways: `slipway verify` says what the loader does when
each is run with LD_BIND_NOW."""

import json
import os
import shutil

import harness
from program_images import LIBRARIES, MAIN, ProgramImageTest

LIBRARY = 'extern "C" int answer() { return 42; }'
OTHER = "int other;"
PASSING = "int main() { return 0; }"


class OddLinks(ProgramImageTest):
    def judge(self, said=None, *lines):
        """The image's only error is this one, and the program does not run; or there is none, and it does."""
        self.dockerfile("FROM scratch", "COPY root /", *lines, 'ENTRYPOINT ["/usr/bin/app"]')
        layout = f"oci:{self.work / 'image'}"
        self.slipway("build", "-q", "-o", layout, self.context)
        problems = json.loads(self.slipway("verify", "--no-warnings", "--json", layout, status=None).out)
        self.assertEqual([problem["message"][:len(said or "")] for problem in problems], [said] if said else [])
        result = self.slipway("run", "--rm", "-e", "LD_BIND_NOW=1", layout, status=None)
        if "sandbox" not in result.err:
            self.assertEqual(result.status == 0, said is None, result.err)

    def app(self, *options, library=LIBRARY, by=()):
        """A program of a library; the library's file."""
        self.add_system()
        file = self.compile_library("libanswer.so.1", library, *by)
        self.compile("app", MAIN, file, *options)
        return file

    def test_without_a_loader(self):
        self.compile("app", PASSING, "-static-pie")
        self.judge()
        self.add_system()
        self.compile("app", PASSING, "-Wl,--no-dynamic-linker")
        self.judge("is what the image runs, and names no loader for the libraries that it needs")

    def test_musl(self):
        self.need("musl-gcc")
        place = self.root / "usr/bin/app"
        place.parent.mkdir(parents=True)
        source = self.work / "app.c"
        source.write_text("#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
        self.run_command("musl-gcc", "-static", source, "-o", place)
        self.judge()
        self.run_command("musl-gcc", source, "-o", place)
        loader = "/lib/ld-musl-x86_64.so.1"
        self.judge(f"needs the loader '{loader}', which the image does not have")
        (self.root / "lib").mkdir()
        shutil.copy(os.path.realpath(loader), self.root / loader[1:])
        self.judge()

    def test_filters(self):
        """DT_FILTER has to be there, DT_AUXILIARY need not; what they define counts."""
        self.app(by=["-Wl,-f,libreal.so.1"])
        self.judge()
        self.compile_library("libanswer.so.1", OTHER, "-Wl,-f,libreal.so.1")
        self.compile_library("libreal.so.1", LIBRARY)
        self.judge()
        filtered = self.compile_library("libanswer.so.1", OTHER, "-Wl,-F,libreal.so.1")
        self.judge()
        (filtered.parent / "libreal.so.1").rename(self.root / "libreal.so.1")
        self.compile_library("libanswer.so.1", LIBRARY, "-Wl,-F,libreal.so.1")
        self.judge(f"needs the library 'libreal.so.1', which the image does not have, searched in '/{LIBRARIES}'")

    def test_preloaded(self):
        self.app()
        self.judge(None, "ENV LD_PRELOAD=/opt/libpre.so")  # the loader does without
        self.compile_library("libanswer.so.1", OTHER)
        self.compile_library("libpre.so", LIBRARY, into="opt")
        self.judge(None, "ENV LD_PRELOAD=/opt/libpre.so")
        (self.root / "etc").mkdir()
        (self.root / "etc/ld.so.preload").write_text("/opt/libpre.so\n")
        self.judge()
        self.compile_library("libpre.so", 'extern "C" int gone(); extern "C" int answer() { return gone(); }', into="opt")
        self.judge("needs the symbol 'gone', which nothing that '/usr/bin/app' loads defines")

    def test_paths(self):
        library = self.app(by=["-Wl,-soname,$ORIGIN/../lib/libanswer.so.1"])
        (self.root / "usr/lib").mkdir()
        library.rename(self.root / "usr/lib/libanswer.so.1")
        self.judge()
        # A relative path is one of the working directory.
        library = self.app("-Wl,-rpath,lib")
        (self.root / "opt/app/lib").mkdir(parents=True)
        library.rename(self.root / "opt/app/lib/libanswer.so.1")
        self.judge(None, "WORKDIR /opt/app")
        # The origin of a library is where it was found, whatever is behind a link.
        shutil.rmtree(self.root)
        needed = self.compile_library("libneeded.so.1", 'extern "C" int needed() { return 42; }', into="opt/x-1/deps")
        self.add_system()
        library = self.compile_library("libanswer.so.1", 'extern "C" int needed(); extern "C" int answer() { return needed(); }',
                                       needed, "-Wl,-rpath,$ORIGIN/../deps", into="opt/x-1/lib")
        self.compile("app", MAIN, library, f"-Wl,-rpath-link,{needed.parent}", "-Wl,-rpath,/srv/lib")
        (self.root / "srv").mkdir()
        (self.root / "srv/lib").symlink_to("/opt/x-1/lib")
        self.judge()

    def test_no_default_directories(self):
        self.app("-Wl,-z,nodefaultlib", "-nodefaultlibs", "-l:ld-linux-x86-64.so.2", "-nostartfiles", "-Wl,-e,main")
        self.judge("needs the library 'libanswer.so.1', which the image does not have")

    def test_text_in_place_of_a_library(self):
        library = self.app("-Wl,-rpath,/opt/answer")
        (self.root / "opt/answer").mkdir(parents=True)
        (self.root / "opt/answer" / library.name).write_text("version https://git-lfs.github.com/spec/v1\n" * 4)
        self.judge("needs the library 'libanswer.so.1' and finds '/opt/answer/libanswer.so.1', which is no ELF file")

    def test_copied_variable(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1", "int variable = 7;")
        self.compile("app", "extern int variable; int main() { return variable - 7; }", library, "-no-pie", "-fno-pie")
        self.judge()
        self.compile_library("libanswer.so.1", OTHER)
        self.judge("needs the symbol 'variable', which nothing that '/usr/bin/app' loads defines")

    def test_kinds_of_tables(self):
        missing = "needs the symbol 'answer', which nothing that '/usr/bin/app' loads defines"
        self.app("-Wl,--hash-style=sysv", by=["-Wl,--hash-style=sysv"])
        self.judge()
        self.compile_library("libanswer.so.1", OTHER, "-Wl,--hash-style=sysv")
        self.judge(missing)
        self.compile_library("libanswer.so.1", 'extern "C" { int real() { return 42; } int (*pick())() { return real; } '
                             'int answer() __attribute__((ifunc("pick"))); }')
        self.judge()

    def versioned(self, source, script):
        file = self.work / "versions.map"
        file.write_text(script)
        return self.compile_library("libanswer.so.1", source, f"-Wl,--version-script,{file}")

    def test_versions(self):
        self.app()
        self.versioned(LIBRARY, "V1 { }; V2 { answer; } V1;")  # the default is for who names none
        self.judge()
        self.versioned('extern "C" int impl() { return 42; } asm(".symver impl,answer@V2");', "V1 { }; V2 { } V1;")
        self.judge("needs the symbol 'answer', which nothing that '/usr/bin/app' loads defines")
        library = self.versioned(LIBRARY, "V1 { other; }; V2 { answer; } V1;")
        self.compile("app", MAIN, library)
        self.versioned(LIBRARY, "V1 { answer; }; V2 { other; } V1;")
        self.judge("needs the symbol 'answer@V2', which nothing that '/usr/bin/app' loads defines")

    def test_32_bit(self):
        """The kernel runs such programs beside its own: they are judged as any."""
        self.compile_library("libanswer.so.1", LIBRARY, "-m32", "-nostdlib", into="lib")
        self.compile("app", 'extern "C" int answer(); extern "C" void _start() { asm volatile("int $0x80" :: "a"(1), '
                     '"b"(answer() - 42)); }', self.root / "lib/libanswer.so.1", "-m32", "-nostdlib",
                     "-Wl,-dynamic-linker,/lib/ld-linux.so.2")
        self.judge("needs the loader '/lib/ld-linux.so.2', which the image does not have")
        if os.path.exists("/usr/lib32/ld-linux.so.2"):  # of a package that other machines have not
            shutil.copy("/usr/lib32/ld-linux.so.2", self.root / "lib")
            self.judge()


if __name__ == "__main__":
    harness.main()
