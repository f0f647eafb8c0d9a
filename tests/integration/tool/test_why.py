"""`slipway why`: where a path of an image comes from."""

import json
import os
import pathlib

import harness

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"


class Why(harness.ToolTest):
    def why(self, path, *options, image="oci:image", status=0):
        return self.slipway("why", path, image, *options, status=status)

    def lines(self, path, **how):
        return self.why(path, **how).out.splitlines()

    def test_layers(self):
        self.write("one/etc/app.conf", "one")
        self.write("two/app.conf", "twice")
        self.write("two/more.conf", "more", mode=0o600)
        self.dockerfile("FROM scratch", "COPY one /", "COPY two /etc/", "ENV A=1")
        self.build()
        self.assertEqual(self.lines("/etc/app.conf"), [
            "/etc/app.conf: file, 5B, mode 0644, owner 0:0",
            "  comes from   layer 2 (COPY two /etc/ # buildkit): file, 5B",
            "  hides        layer 1 (COPY one / # buildkit): file, 3B"])
        self.assertEqual(self.lines("etc/../etc/more.conf"), [
            "/etc/more.conf: file, 4B, mode 0600, owner 0:0",
            "  comes from   layer 2 (COPY two /etc/ # buildkit): file, 4B"])
        self.assertEqual(self.lines("/etc"), [
            "/etc: directory with 2 files, 9B, mode 0755, owner 0:0",
            "  also in      layer 2 (COPY two /etc/ # buildkit): directory with 2 files, 9B",
            "  comes from   layer 1 (COPY one / # buildkit): directory with 1 file, 3B"])
        self.assertEqual(self.lines("/")[0], "/: directory with 2 files, 9B, mode 0755, owner 0:0")
        result = self.why("/etc/none", status=3)
        self.assertIn("error: the image has no '/etc/none'", result.err)
        result = self.why("/etc/app.conf/below", status=3)
        self.assert_one_diagnostic(result)

    def test_links(self):
        self.write("usr/lib/libz.so.1.2", "z")
        os.symlink("libz.so.1.2", self.context / "usr/lib/libz.so.1")
        os.symlink("usr/lib", self.context / "lib")
        self.dockerfile("FROM scratch", "COPY . /")
        self.build()
        self.assertEqual(self.lines("/lib/libz.so.1"), [
            "/usr/lib/libz.so.1: symbolic link, mode 0777, owner 0:0",
            "  leads to     libz.so.1.2",
            "  comes from   layer 1 (COPY . / # buildkit): symbolic link"])
        self.assertEqual(self.lines("/lib")[0], "/lib: symbolic link, mode 0777, owner 0:0")

    def test_removed(self):
        self.need("busybox")
        self.write("bin/busybox", pathlib.Path("/bin/busybox").read_bytes(), mode=0o755)
        self.write("data/old", "old")
        self.write("data/kept", "kept")
        self.dockerfile("FROM scratch", "COPY bin /bin", "COPY data /data", 'RUN ["/bin/busybox", "rm", "/data/old"]')
        result = self.slipway("build", "--output", "oci:image", self.context, status=None)
        if result.status != 0:
            self.skipTest("nothing can be run in a sandbox here")
        result = self.why("/data/old", status=3)
        self.assertIn("the image has no '/data/old': layer 3 (RUN /bin/busybox rm /data/old", result.err)
        self.assertIn("hint: it is in layer 2 (COPY data /data", result.err)
        self.assertIn("comes from   layer 2", self.why("/data/kept").out)

    def test_json(self):
        self.write("app", "app")
        self.dockerfile("FROM scratch", "COPY app /app")
        self.build()
        self.assertEqual(json.loads(self.why("/app", "--json").out), {
            "path": "/app", "type": "file", "size": 3, "files": 1, "layer": 1,
            "layers": [{"layer": 1, "instruction": "COPY app /app # buildkit", "type": "file", "size": 3}]})

    def test_planned_folder(self):
        self.need("ninja")
        self.write("base", "base")
        self.dockerfile("FROM scratch", "COPY base /")
        self.slipway("build", "-t", "base:1", self.context)
        self.write("app", "app")
        self.dockerfile("FROM base:1", "COPY app /usr/bin/app")
        folder = self.plan()
        self.ninja(folder)
        image = f"oci:{self.planned_layout(folder)}"
        text = self.why("/usr/bin/app", image=image).out
        self.assertIn(f"  instruction  {self.context}/Dockerfile:2\n  step         0-1\n", text)
        self.assertIn(f"  copied from  {self.context}/app\n", text)
        self.assertIn("  base         base:1\n", self.why("/base", image=image).out)

    def test_project(self):
        self.need("cmake", "ninja", "g++")
        source = self.work / "project"
        source.mkdir()
        (source / "main.cpp").write_text("int answer(); int main() { return answer() - 42; }\n")
        (source / "answer.cpp").write_text("int answer() { return 42; }\n")
        (source / "notes.txt").write_text("notes\n")
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(demo LANGUAGES CXX)\n"
            "add_library(answer SHARED answer.cpp)\nadd_executable(app main.cpp)\ntarget_link_libraries(app answer)\n"
            "set_target_properties(app PROPERTIES OUTPUT_NAME the-app)\n"
            f'include("{MODULE}")\nadd_container_image(image TARGETS app FROM scratch\n'
            "  FILES notes.txt DESTINATION /usr/share/notes)\n")
        tree = self.work / "tree"
        self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", source, "-B", tree)
        self.run_command("cmake", "--build", tree, "--target", "image")
        image = f"oci:{tree}/image.container/image"

        def facts(path):
            return {line[2:15].strip(): line[15:] for line in self.lines(path, image=image)[1:]}

        app = facts("/usr/bin/the-app")
        self.assertEqual(app["call"], f"{source}/CMakeLists.txt:8")
        self.assertEqual(app["taken from"], f"{tree}/the-app")
        self.assertEqual((app["target"], app["sources"]), ("app", f"{source}/main.cpp"))
        library = facts("/usr/lib/libanswer.so")
        self.assertEqual((library["target"], library["sources"]), ("answer", f"{source}/answer.cpp"))
        self.assertEqual(facts("/usr/share/notes/notes.txt")["taken from"], f"{source}/notes.txt")
        system = next(path for path in (tree / "image.container/context/dependencies").rglob("libc.so.6"))
        place = system.relative_to(tree / "image.container/context/dependencies")
        self.assertTrue(facts(f"/{place}")["taken from"].endswith("/libc.so.6"))
        # What the build tree has lost it does not tell.
        (tree / "image.container/steps/image.step").unlink()
        self.assertNotIn("target", facts("/usr/bin/the-app"))


if __name__ == "__main__":
    harness.main()
