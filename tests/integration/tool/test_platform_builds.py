"""add_container_index(PLATFORMS): one project built for several platforms."""

import json
import pathlib
import platform

import harness

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"
OTHER = {"x86_64": "aarch64", "aarch64": "x86_64"}.get(platform.machine(), "aarch64")
WORDS = {"x86_64": "amd64", "aarch64": "arm64"}
PROJECT = f"""
cmake_minimum_required(VERSION 3.25)
project(demo LANGUAGES CXX)
option(GREETING "What is said" OFF)
include("{MODULE}")
add_executable(app main.cpp)
file(WRITE "${{CMAKE_CURRENT_BINARY_DIR}}/data.txt" "${{CMAKE_SYSTEM_PROCESSOR}} ${{GREETING}}\\n")
"""


class PlatformBuilds(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.need("cmake", "ninja", "g++")
        self.source = self.work / "source"
        self.source.mkdir()
        (self.source / "main.cpp").write_text("int main() { return 0; }\n")
        self.tree = self.work / "a tree"

    def toolchain(self, compiler):
        (self.source / "other.cmake").write_text(
            f"set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR {OTHER})\nset(CMAKE_CXX_COMPILER {compiler})\n")

    def configure(self, *lines, generator="Ninja", status=0):
        (self.source / "CMakeLists.txt").write_text(PROJECT + "".join(f"{line}\n" for line in lines))
        return self.run_command("cmake", "-G", generator, f"-DSlipway_EXECUTABLE={harness.tool()}", "-DGREETING=ON",
                                "-S", self.source, "-B", self.tree, status=status)

    def index_of(self, *platforms):
        return f"add_container_index(joined IMAGE image PLATFORMS {' '.join(platforms)} TAGS example.org/joined:1)"

    @property
    def platforms(self):
        return [f"linux/{WORDS.get(platform.machine(), platform.machine())}", f"linux/{WORDS[OTHER]}=other.cmake"]

    def build_index(self, status=0):
        return self.run_command("cmake", "--build", self.tree, "--target", "joined", status=status)

    def members(self):
        layout = self.tree / "joined.container/image"
        entry = json.loads((layout / "index.json").read_text())["manifests"][0]
        return json.loads((layout / "blobs/sha256" / entry["digest"].partition(":")[2]).read_text())["manifests"]

    def check_files(self, generator):
        self.toolchain("g++")
        self.configure('add_container_image(image FILES "${CMAKE_CURRENT_BINARY_DIR}/data.txt" DESTINATION /data FROM scratch)',
                       self.index_of(*self.platforms), generator=generator)
        self.build_index()
        members = self.members()
        self.assertEqual([member["platform"]["architecture"] for member in members],
                         [WORDS[platform.machine()], WORDS[OTHER]])
        data = self.tree / f"joined.container/linux-{WORDS[OTHER]}/image.container/context/data-1/data.txt"
        self.assertEqual(data.read_text(), f"{OTHER} ON\n")
        before = (self.tree / "joined.container/image.digest").stat().st_mtime_ns
        self.build_index()
        self.assertEqual((self.tree / "joined.container/image.digest").stat().st_mtime_ns, before)

    def test_ninja(self):
        self.check_files("Ninja")

    def test_makefiles(self):
        self.need("make")
        self.check_files("Unix Makefiles")

    def test_machine_is_checked(self):
        """The toolchain says another processor than its compiler is for."""
        self.toolchain("g++")
        self.configure("add_container_image(image TARGETS app FROM scratch)", self.index_of(*self.platforms))
        said = self.build_index(status=1)
        self.assertIn(WORDS[OTHER], said.out + said.err)
        self.assertRegex(said.out + said.err, "error: .*app")

    def test_cross_compiler(self):
        compiler = f"{OTHER.replace('_', '-')}-linux-gnu-g++"
        self.need(compiler, "skopeo")
        self.toolchain(compiler)
        self.configure("add_container_image(image TARGETS app)", self.index_of(*self.platforms))
        self.build_index()
        libraries = self.tree / f"joined.container/linux-{WORDS[OTHER]}/slipway_base.container/context/libraries"
        self.assertTrue((libraries / "usr/lib/libc.so.6").exists())
        raw = json.loads(self.run_command("skopeo", "inspect", "--raw", "oci:" + str(self.short(self.tree / "joined.container/image"))).out)
        self.assertEqual([member["platform"]["architecture"] for member in raw["manifests"]],
                         [WORDS[platform.machine()], WORDS[OTHER]])

    def short(self, layout):
        """skopeo takes no spaces."""
        link = self.work / "link"
        link.symlink_to(layout)
        return link

    def test_mistakes(self):
        image = "add_container_image(image TARGETS app FROM scratch)"
        for words, message in ((f"IMAGE image PLATFORMS linux/{WORDS[OTHER]}", "needs a toolchain file"),
                               ("IMAGE image PLATFORMS linux/s390x=missing.cmake", "there is no toolchain file"),
                               ("IMAGE image", "IMAGE and PLATFORMS go together"),
                               ("IMAGES image IMAGE image", "IMAGE and IMAGES do not go together"),
                               ("IMAGE other PLATFORMS linux/amd64", "IMAGE 'other' is no image target")):
            said = " ".join(self.configure(image, f"add_container_index(joined {words})", status=1).err.split())
            self.assertIn("add_container_index(joined): ", said)
            self.assertIn(message, said)


if __name__ == "__main__":
    harness.main()
