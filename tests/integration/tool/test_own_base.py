"""add_container_base(), images without FROM, RUNTIME_DATA, DLOPEN and PLUGINS."""

import ctypes.util
import json
import pathlib
import tarfile

import harness

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"
SOURCE = r"""
#include <dlfcn.h>
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
int main(int count, char** words) {
  struct passwd* user = getpwuid(getuid());
  printf("%s %d\n", user == NULL ? "nobody knows" : user->pw_name, (int)sqrt(count * 4.0));
  for (int i = 1; i < count; ++i) {
    void* library = dlopen(words[i], RTLD_NOW);
    printf("%s: %s\n", words[i], library == NULL ? dlerror() : "here");
  }
  return access("/tmp", W_OK);
}
"""
PROJECT = f"""
cmake_minimum_required(VERSION 3.25)
project(demo LANGUAGES C)
include("{MODULE}")
add_executable(app main.c)
target_link_libraries(app PRIVATE m ${{CMAKE_DL_LIBS}})
add_library(part SHARED part.c)
"""


class OwnBase(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.need("cmake", "ninja", "cc")
        self.source = self.work / "source"
        self.source.mkdir()
        (self.source / "main.c").write_text(SOURCE)
        (self.source / "part.c").write_text("int part(void) { return 0; }\n")

    def configure(self, *lines, tree="tree", status=0):
        (self.source / "CMakeLists.txt").write_text(PROJECT + "".join(f"{line}\n" for line in lines))
        return self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", self.source,
                                "-B", self.work / tree, status=status)

    def build_target(self, *targets, tree="tree", status=0):
        return self.run_command("cmake", "--build", self.work / tree, "--target", *targets, status=status)

    def layout(self, image, tree="tree"):
        return self.work / tree / f"{image}.container/image"

    def entries(self, image):
        """All entries of all layers, by their paths."""
        layout = self.layout(image)
        manifest = json.loads((layout / "blobs/sha256" / self.digest(layout).partition(":")[2]).read_text())
        found = {}
        for layer in manifest["layers"]:
            with tarfile.open(layout / "blobs/sha256" / layer["digest"].partition(":")[2]) as archive:
                for member in archive:
                    found[member.name.strip("/")] = member
        return found

    def test_base(self):
        self.configure("add_container_base(base USERS app:1000 db:26:27:/srv/db USER_GROUPS log:4:app USER app)",
                       "add_container_image(image TARGETS app FROM base)")
        self.build_target("image", "base_verify")
        entries = self.entries("base")
        for path, mode, owner in (("tmp", 0o1777, (0, 0)), ("root", 0o700, (0, 0)),
                                  ("home/nonroot", 0o700, (65532, 65532)), ("home/app", 0o700, (1000, 1000)),
                                  ("srv/db", 0o700, (26, 27)), ("etc/passwd", 0o644, (0, 0))):
            self.assertEqual((entries[path].mode, (entries[path].uid, entries[path].gid)), (mode, owner), path)
        said = self.slipway("run", "--rm", f"oci:{self.layout('image')}").out
        self.assertEqual(said, "app 2\n")
        self.assertIn("no work to do", self.build_target("image").out)

    def test_loader_cache(self):
        """By the program that writes them otherwise."""
        self.need("ldconfig")
        self.configure("add_container_base(base)")
        self.build_target("base")
        cache = self.work / "tree/base.container/context/libraries/etc/ld.so.cache"
        said = self.run_command("ldconfig", "-p", "-C", cache).out
        for name in ("libc.so.6", "libm.so.6", "libgcc_s.so.1"):
            self.assertRegex(said, rf"\n\t{name} \(libc6.*\) => /.*/{name}\n")
            path = said.split(f"\t{name} ")[1].split("=> ")[1].splitlines()[0]
            self.assertIn(path.lstrip("/"), self.entries("base"))

    def test_equal_systems_give_equal_bases(self):
        for tree in ("one", "other tree"):
            self.configure("add_container_base(base)", tree=tree)
            self.build_target("base", tree=tree)
        self.assertEqual(self.digest(self.layout("base", "one")), self.digest(self.layout("base", "other tree")))

    def test_from_is_chosen(self):
        said = self.configure("add_executable(static main.c)", "target_link_options(static PRIVATE -static)",
                              "target_link_libraries(static PRIVATE m)",
                              "add_container_image(image TARGETS app)", "add_container_image(other TARGETS app)",
                              "add_container_image(small TARGETS static)").out
        self.assertIn("(image): FROM is not given; 'slipway_base', the C and C++ libraries of this system", said)
        self.assertIn("(small): FROM is not given; 'scratch', since all of TARGETS are linked statically", said)
        self.build_target("image", "other")
        self.assertEqual(self.slipway("run", "--rm", f"oci:{self.layout('image')}").out, "nonroot 2\n")
        self.assertNotIn("usr/bin/app", self.entries("slipway_base"))

    def test_what_programs_open(self):
        libraries = [name for name in ("libz.so.1", "libzstd.so.1") if ctypes.util.find_library(name[3:].split(".")[0])]
        if not libraries:
            self.skipTest("there is neither libz nor libzstd")
        plugin = self.work / "plugins/part.so"
        plugin.parent.mkdir()
        self.run_command("cc", "-shared", "-fPIC", "-Wl,--no-as-needed", "-o", plugin, self.source / "part.c", "-lm")
        self.configure(f"add_container_image(image TARGETS app FROM scratch DLOPEN {' '.join(libraries)} "
                       f'PLUGINS "{plugin.parent}" ENTRYPOINT /usr/bin/app {" ".join(libraries)} "{plugin}")')
        self.build_target("image")
        said = self.slipway("run", "--rm", f"oci:{self.layout('image')}", status=None).out
        for name in [*libraries, str(plugin)]:
            self.assertIn(f"{name}: here\n", said)

    def test_runtime_data_that_is_not_there(self):
        self.configure("add_container_base(base RUNTIME_DATA locale:xx_XX.UTF-8)")
        said = self.build_target("base", status=1)
        self.assertIn("runtime data 'locale:xx_XX.UTF-8': there is no '/usr/share/i18n/locales/xx_XX'", said.out + said.err)

    def test_bad_words(self):
        for words, message in (("USERS app", "USERS 'app' is not <name>:<uid>"),
                               ("LIBRARIES /lib/libc.so.6", "LIBRARIES '/lib/libc.so.6' is not a soname"),
                               ("USER_GROUPS log:x", "USER_GROUPS 'log:x' is not <name>:<gid>"),
                               ("ENTRYPOINT /bin/sh", "unknown argument 'ENTRYPOINT"),
                               ("RUNTIME_DATA zones", "RUNTIME_DATA 'zones' is not ca-certificates, tzdata")):
            said = " ".join(self.configure(f"add_container_base(base {words})", status=1).err.split())
            self.assertIn(f"add_container_base(base): {message}", said)


if __name__ == "__main__":
    harness.main()
