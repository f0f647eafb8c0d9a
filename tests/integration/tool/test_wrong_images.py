"""Images that are wrong, each in one way. The build says so in these very words, and
leaves no image; running the image shows that it is true."""

import os
import pathlib
import shutil
import subprocess

import harness
from program_images import LIBRARIES, LOADER, MAIN, ProgramImageTest

QUIET = "int main() { return 0; }"
AARCH64 = (183).to_bytes(2, "little")
PLUGIN_HOST = r"""
#include <dlfcn.h>
#include <cstdio>
int main() {
  if (dlopen("/usr/lib/plugins/plugin.so", RTLD_NOW)) return 0;
  std::fprintf(stderr, "%s\n", dlerror());
  return 1;
}"""
TLS_CLIENT = r"""
#include <openssl/ssl.h>
#include <cstdio>
int main() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_default_verify_paths(context);
  const int count = sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context)));
  std::printf("%d trusted authorities\n", count);
  return count == 0;
}"""


class WrongImages(ProgramImageTest):
    def assert_told(self, *expected, result, status=3):
        """Nothing but these words, and an image only where they are warnings."""
        self.assertEqual(result.status, status, result.err)
        told = [line for line in result.err.splitlines() if line.startswith(("slipway: ", "  hint: "))]
        self.assertEqual(told, list(expected))
        self.assertEqual((self.work / "image").exists(), status == 0)

    def assert_fails(self, said, *words, env=()):
        result = self.run_image(*words, env=env)
        self.assertNotEqual(result.status, 0)
        self.assertIn(said, result.err + result.out)

    def test_01_older_glibc(self):
        self.add_system()
        self.compile("app", QUIET)
        (self.root / LIBRARIES / "libc.so.6").unlink()
        self.compile_versioned("libc.so.6", "libc.so.6", "GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.17")
        self.assert_told(
            "slipway: error: '/usr/bin/app' needs GLIBC_2.34 of libc.so.6, the image's has up to GLIBC_2.17 "
            "('/lib/x86_64-linux-gnu/libc.so.6' of layer 1: COPY root / # buildkit)",
            "  hint: compile in an older image (COMPILE_IN), or choose a newer base: programs need the C library that "
            "they were linked with, or a later one",
            result=self.build_checked())
        self.assert_fails("version `GLIBC_2.34' not found")

    def test_02_older_libstdcxx(self):
        self.add_system()
        source = 'extern "C" int answer() { return 42; }'
        script = self.work / "new.map"
        script.write_text("GLIBCXX_3.4 { };\nGLIBCXX_3.4.32 { answer; };\n")
        options = ["-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libstdc++.so.6"]
        library = self.compile("libstdc++.so.6", source, *options, f"-Wl,--version-script,{script}", into=LIBRARIES)
        self.compile("app", MAIN, "-nodefaultlibs", library, "-lc")
        library.unlink()
        self.compile_versioned("libstdc++.so.6", "libstdc++.so.6", "GLIBCXX_3.4", "GLIBCXX_3.4.9", "GLIBCXX_3.4.30")
        self.assert_told(
            "slipway: error: '/usr/bin/app' needs GLIBCXX_3.4.32 of libstdc++.so.6, the image's has up to "
            "GLIBCXX_3.4.30 ('/lib/x86_64-linux-gnu/libstdc++.so.6' of layer 1: COPY root / # buildkit)",
            "  hint: choose a base with a newer compiler's libraries, compile in an older image (COMPILE_IN), or link "
            "with -static-libstdc++ -static-libgcc",
            result=self.build_checked())
        self.assert_fails("version `GLIBCXX_3.4.32' not found")

    def test_03_no_such_library(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile("app", MAIN, library)
        library.unlink()
        self.assert_told(
            "slipway: error: '/usr/bin/app' needs the library 'libanswer.so.1', which the image does not have, "
            "searched in '/lib/x86_64-linux-gnu', '/lib64', '/lib'",
            "  hint: put it in, or into a directory that the loader searches",
            result=self.build_checked())
        self.assert_fails("libanswer.so.1: cannot open shared object file")

    def test_04_another_machine(self):
        self.add_system()
        app = self.compile("app", QUIET)
        program = bytearray(app.read_bytes())
        program[18:20] = AARCH64
        app.write_bytes(program)
        self.assert_told(
            "slipway: error: '/usr/bin/app' is a program for AArch64, the image is for x86-64",
            "  hint: build for the image's PLATFORM, or say the right one",
            result=self.build_checked())
        self.assert_fails("")

    def test_05_runpath_into_the_build_tree(self):
        self.add_system()
        tree = self.work / "tree"
        tree.mkdir()
        library = self.compile_library("libanswer.so.1")
        shutil.move(library, tree / "libanswer.so.1")
        self.compile("app", MAIN, tree / "libanswer.so.1", f"-Wl,-rpath,{tree}")
        self.assert_told(
            "slipway: error: '/usr/bin/app' needs the library 'libanswer.so.1', which the image does not have, "
            f"searched in '{tree}', '/lib/x86_64-linux-gnu', '/lib64', '/lib'",
            "  hint: put it in, or into a directory that the loader searches",
            f"slipway: error: '/usr/bin/app' searches its libraries in '{tree}', which is no folder of the image "
            "[build-path-rpath]",
            "  hint: install the target, or set INSTALL_RPATH or BUILD_RPATH_USE_ORIGIN",
            result=self.build_checked("--build-path", tree))
        self.assert_fails("libanswer.so.1: cannot open shared object file")

    def test_06_musl_program_on_glibc(self):
        self.add_system()
        self.compile("app", QUIET, "-nostdlib", "-Wl,--entry=main", "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1")
        self.assert_told(
            "slipway: error: '/usr/bin/app' needs the loader '/lib/ld-musl-x86_64.so.1', which the image does not have",
            "  hint: it was linked for musl: choose a base with musl, or link it statically",
            result=self.build_checked())
        self.assert_fails("")

    def test_06_musl_compiled_program_on_glibc(self):
        self.need("musl-gcc")
        self.add_system()
        source = self.work / "app.c"
        source.write_text(QUIET.replace("main()", "main(void)"))
        (self.root / "usr/bin").mkdir(parents=True)
        self.run_command("musl-gcc", source, "-o", self.root / "usr/bin/app")
        result = self.build_checked()
        self.assertIn("it was linked for musl", result.err)
        self.assert_fails("")

    def test_07_plugin_without_its_library(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile_library("plugin.so", 'extern "C" int answer(); int call() { return answer(); }', library,
                             into="usr/lib/plugins")
        self.compile("app", PLUGIN_HOST)
        library.unlink()
        result = self.build_checked()
        self.assert_told(
            "slipway: error: '/usr/lib/plugins/plugin.so' needs the library 'libanswer.so.1', which the image does "
            "not have, searched in '/lib/x86_64-linux-gnu', '/lib64', '/lib', '/usr/lib'",
            "  hint: put it in, or into a directory that the loader searches",
            result=result)
        self.assert_fails("libanswer.so.1: cannot open shared object file")

    def test_08_newer_processor(self):
        self.add_system()
        app = self.compile("app", QUIET, "-Wl,-z,x86-64-v4")
        self.assert_told(
            "slipway: error: '/usr/bin/app' needs a processor of the level x86-64-v4, the image is for linux/amd64 "
            "[isa-level]",
            "  hint: compile for less, or give the image the PLATFORM linux/amd64/v4",
            result=self.build_checked("--platform", "linux/amd64"))
        result = self.build_checked("--platform", "linux/amd64/v4")
        self.assert_told(result=result, status=0)
        self.need("qemu-x86_64")
        result = self.run_command("qemu-x86_64", "-cpu", "Nehalem", app, status=None)
        self.assertNotEqual(result.status, 0)
        self.assertIn("CPU ISA level is lower than required", result.err)

    def test_09_no_loader(self):
        self.compile("app", QUIET, "-nostdlib", "-Wl,--entry=main")
        self.assert_told(
            f"slipway: error: '/usr/bin/app' needs the loader '{LOADER}', which the image does not have",
            "  hint: choose a base with the C library that it was linked for, or put that in (RUNTIME_DEPENDENCIES)",
            result=self.build_checked())
        self.assert_fails("")

    def test_10_undefined_symbol(self):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile("app", MAIN, library, "-Wl,-z,now")
        self.compile_library("libanswer.so.1", "int other;")
        self.assert_told(
            "slipway: error: '/usr/bin/app' needs the symbol 'answer', which nothing that '/usr/bin/app' loads defines",
            "  hint: a library was replaced by another build of it, or was linked without what it needs",
            result=self.build_checked())
        self.assert_fails("undefined symbol: answer")

    def test_11_no_certificates(self):
        if not os.path.exists("/usr/include/openssl/ssl.h"):
            self.skipTest("OpenSSL's headers are not installed")
        app = self.compile("app", TLS_CLIENT, "-Wl,--as-needed", "-lssl", "-lcrypto")
        needed = subprocess.run(["ldd", app], check=True, capture_output=True, text=True).stdout
        self.add_system(*{pathlib.Path(line.split()[0]).name for line in needed.splitlines()
                          if "=> /" in line} - {"libc.so.6"})
        self.assert_told(
            "slipway: warning: '/usr/bin/app' calls SSL_CTX_set_default_verify_paths(), and the image has no CA "
            "certificates",
            "  hint: put in /etc/ssl/certs/ca-certificates.crt and name it in SSL_CERT_FILE, or no TLS connection will "
            "be trusted",
            result=self.build_checked(), status=0)
        self.assert_fails("0 trusted authorities")

    def test_12_sanitizer(self):
        library = subprocess.run(["g++", "-print-file-name=libasan.so"], check=True, capture_output=True,
                                 text=True).stdout.strip()
        if not os.path.exists(library):
            self.skipTest("the compiler has no libasan")
        app = self.compile("app", QUIET, "-fsanitize=address")
        needed = subprocess.run(["ldd", app], check=True, capture_output=True, text=True).stdout
        self.add_system(*{pathlib.Path(line.split()[0]).name for line in needed.splitlines()
                          if "=> /" in line} - {"libc.so.6"})
        self.assert_told(
            "slipway: error: '/usr/bin/app' is instrumented by a sanitizer (asan) [sanitizer-runtime]",
            "  hint: build the image without -fsanitize",
            result=self.build_checked("--gate", "sanitizer-runtime=error"))
        result = self.run_image(env=["ASAN_OPTIONS=help=1"])
        self.assertIn("AddressSanitizer", result.err + result.out)

    def test_13_executable_stack(self):
        self.add_system()
        self.compile("app", r"""
            #include <cstdio>
            #include <cstring>
            int main() {
              char line[300];
              for (auto* maps = std::fopen("/proc/self/maps", "r"); std::fgets(line, sizeof line, maps);)
                if (std::strstr(line, "[stack]")) return std::fputs(line, stderr), 1;
            }""", "-nodefaultlibs", "-lc", "-Wl,-z,execstack")
        self.assert_told(
            "slipway: error: '/usr/bin/app' has an executable stack [executable-stack]",
            "  hint: give assembler sources a .note.GNU-stack section, or link with -Wl,-z,noexecstack",
            result=self.build_checked())
        self.assert_fails("rwxp")


class Sound(ProgramImageTest):
    def test_nothing_is_said_of_a_sound_image(self):
        self.add_system("libm.so.6", "libgcc_s.so.1", "libstdc++.so.6")
        self.compile("app", '#include <iostream>\nint main() { std::cout << "hello\\n"; }')
        result = self.build_checked()
        self.assertEqual((result.status, result.err.count("slipway: ")), (0, 0), result.err)
        self.assertEqual(self.run_image().out, "hello\n")


if __name__ == "__main__":
    harness.main()
