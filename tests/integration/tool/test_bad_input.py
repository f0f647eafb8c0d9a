"""Bad input ends in one diagnostic that names it, or in a right image."""

import os
import tarfile

import harness


class BadInput(harness.ToolTest):
    def refused(self, *texts, status=3):
        """The build stops with one diagnostic that holds these texts."""
        result = self.slipway("build", "-o", f"oci:{self.work / 'image'}", self.context, status=status)
        self.assert_one_diagnostic(result)
        for text in texts:
            self.assertIn(text, result.err)
        self.assertFalse((self.work / "image/index.json").exists())

    def names_in_layer(self):
        """Names of the only layer's members, as bytes."""
        self.build(options=["--compression", "none"])
        manifest, _ = self.image(self.work / "image")
        blob = self.work / "image/blobs/sha256" / manifest["layers"][-1]["digest"].partition(":")[2]
        with tarfile.open(blob, encoding="utf-8", errors="surrogateescape") as archive:
            return [os.fsencode(name) for name in archive.getnames()]

    # Missing things

    def test_missing_source(self):
        self.dockerfile("FROM scratch", "COPY absent /")
        self.refused("Dockerfile:2:6: error:", "'absent'")

    def test_the_word_is_shown_and_the_nearest_name(self):
        self.write("src/main.cpp")
        self.dockerfile("FROM scratch", "COPY --chown=0 src/main.cpp \\", "  src/mian.cpp /")
        self.refused("Dockerfile:3:3: error: copy 'src/mian.cpp': not found in the source\n 3 |   src/mian.cpp /\n"
                     "   |   ^~~~~~~~~~~~\n   = hint: did you mean 'src/main.cpp'?\n")
        self.dockerfile("FROM scratch", 'COPY ["scr/main.cpp", "/"]')
        self.refused("Dockerfile:2:7: error:", "did you mean 'src'?")

    def test_what_the_ignore_file_leaves_out(self):
        self.write("built", "x")
        self.write(".dockerignore", "built\n")
        self.dockerfile("FROM scratch", "COPY built /")
        self.refused("Dockerfile:2:6: error: copy 'built': not found in the source",
                     f"hint: it is there, but '{self.context}/.dockerignore' leaves it out")
        self.dockerfile("FROM scratch", "COPY ../elsewhere /")
        self.refused("nothing outside of it can be copied")

    def test_ignore_files_in_their_order(self):
        """Each is the only one that counts, until the next is written."""
        for name in ("a", "b", "c", "d"):
            self.write(name, name)
        self.dockerfile("FROM scratch", "COPY a b c d /")
        for path, left_out in [(".dockerignore", "a"), (".containerignore", "b"), ("Dockerfile.containerignore", "c"),
                               ("Dockerfile.dockerignore", "d")]:
            self.write(path, f"{left_out}\n")
            self.refused(f"error: copy '{left_out}': not found", f"'{self.context}/{path}' leaves it out")
            self.assertIn(f'"{left_out}"', self.slipway("lint", self.context).out)

    def test_missing_in_a_stage(self):
        self.write("a", "x")
        self.dockerfile("FROM scratch AS one", "COPY a /usr/lib/tool", "FROM scratch",
                        "COPY --from=one /usr/lib/tol /")
        self.refused("Dockerfile:4:17: error: copy '/usr/lib/tol': not found", "did you mean 'usr/lib/tool'?")
        self.dockerfile("FROM scratch AS one", "COPY a /usr/lib/tool", "FROM scratch",
                        "COPY --from=one /somewhere/else /")
        self.refused("paths start at the root of the stage or image")

    def test_other_words_of_copy(self):
        self.write("a", "x")
        for line, column in [("COPY --from=oci:/none a /", 13), ("COPY --chown=nobody a /", 14),
                             ("COPY --chmod=u+y a /", 14), ("COPY a a /b", 10)]:
            self.dockerfile("FROM scratch", line)
            self.refused(f"Dockerfile:2:{column}: error: ")
        self.dockerfile("FROM scratch", "COPY a /a", "COPY a /a/")
        self.refused("Dockerfile:3:8: error: copy into '/a': it is there and is no directory")

    def test_trigger_is_blamed_on_its_from(self):
        self.dockerfile("FROM scratch AS one", "ONBUILD COPY absent /", "FROM one")
        self.refused("Dockerfile:3:1: error: copy 'absent'")

    def test_missing_stage(self):
        self.dockerfile("FROM scratch", "COPY --from=127.0.0.1:1/nowhere a /")
        self.refused("Dockerfile:2:13: error: pull '127.0.0.1:1/nowhere:latest'", status=5)

    def test_missing_base(self):
        self.dockerfile("FROM oci:/nonexistent/layout")
        self.refused("Dockerfile:1:6: error:", "open image layout '/nonexistent/layout': no such directory")

    def test_registry_base(self):
        self.dockerfile("FROM 127.0.0.1:1/debian:12")
        self.refused("Dockerfile:1:6: error: pull '127.0.0.1:1/debian:12'", status=5)

    def test_missing_context(self):
        result = self.slipway("build", self.work / "absent", status=3)
        self.assert_one_diagnostic(result)
        self.assertIn("absent", result.err)

    def test_vanished_between_plan_and_step(self):
        self.write("a", "1")
        self.dockerfile("FROM scratch", "COPY a /")
        folder = self.plan()
        (self.context / "a").unlink()
        result = self.ninja(folder, status=None)
        self.assertNotEqual(result.status, 0)
        self.assertRegex(result.out, r"Dockerfile:2:6: error: .*'a'")
        self.write("a", "1")
        self.ninja(folder)
        self.image(self.planned_layout(folder))

    def test_vanished_after_a_build(self):
        self.write("a", "1")
        self.dockerfile("FROM scratch", "COPY a /")
        folder = self.plan()
        self.ninja(folder)
        (self.context / "a").unlink()
        self.assertRegex(self.ninja(folder, status=None).out, r"Dockerfile:2:6: error: .*'a'")
        self.write("a", "2")
        self.ninja(folder)
        self.image(self.planned_layout(folder))

    # Links

    def test_symlink_loop_as_source(self):
        (self.context / "loop").symlink_to("loop")
        self.dockerfile("FROM scratch", "COPY loop /")
        self.refused("Dockerfile:2:6: error:", "loop")

    def test_symlink_loop_inside(self):
        (self.context / "data").mkdir()
        (self.context / "data/loop").symlink_to("loop")
        self.dockerfile("FROM scratch", "COPY data /data/")
        self.assertIn(b"data/loop", self.names_in_layer())

    def test_symlink_out_of_the_context(self):
        (self.work / "secret").write_text("secret")
        (self.context / "up").symlink_to("../secret")
        (self.context / "absolute").symlink_to(self.work / "secret")
        for source in ("up", "absolute", "../secret", f"{self.work}/secret"):
            self.dockerfile("FROM scratch", f"COPY [\"{source}\", \"/\"]")
            self.refused("Dockerfile:2:")

    def test_symlink_loop_in_the_image(self):
        self.write("a", "1")
        (self.context / "dir").mkdir()
        (self.context / "dir/loop").symlink_to("loop")
        self.dockerfile("FROM scratch", "COPY dir /", "COPY a /loop/")
        self.refused("Dockerfile:3:")

    # Names

    def test_newline_in_a_name(self):
        self.write("data/a\nb", "1")
        self.dockerfile("FROM scratch", "COPY data /data/")
        self.assertIn(b"data/a\nb", self.names_in_layer())

    def watch(self, names, quiet):
        """A change of any of the files is seen. Where a depfile can hold the names,
        there is no work in between."""
        for name in names:
            self.write(f"data/{name}", "1")
        self.dockerfile("FROM scratch", "COPY data /data/")
        folder = self.plan()
        self.ninja(folder)
        if quiet:
            self.assertEqual(self.ninja(folder).out, "ninja: no work to do.\n")
        for name in names:
            self.write(f"data/{name}", "22")
            self.ninja(folder)
            self.assertEqual(self.digest(self.planned_layout(folder)), self.build(), repr(name))

    def test_special_characters_in_names_are_watched(self):
        self.watch(["a b", "a$b", "a#b", "a%b", "-a", "\u00e4", "[a]", "a(b)", "~", "a,b", "a=b", "a@b",
                    "a{b}", "a+b", "a!b"], quiet=True)

    def test_names_that_no_depfile_can_hold_are_watched(self):
        self.watch(["a\nb", "a\\b", "a b\\", "a:b", "a'b", 'a"b', "*", "a|b", "a\tb", "a&b", "a;b"],
                   quiet=False)

    def test_name_that_is_not_utf8(self):
        directory = self.context / "data"
        directory.mkdir()
        with open(os.path.join(os.fsencode(directory), b"\xff\xfe"), "w", encoding="ascii") as file:
            file.write("1")
        self.dockerfile("FROM scratch", "COPY data /data/")
        self.assertIn(b"data/\xff\xfe", self.names_in_layer())

    def test_path_of_5000_characters(self):
        (self.context / "data").mkdir()
        here = os.open(self.context / "data", os.O_RDONLY)
        for _ in range(25):
            os.mkdir("d" * 200, dir_fd=here)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
        os.close(here)
        self.dockerfile("FROM scratch", "COPY data /data/")
        self.refused("Dockerfile:2:6: error:", "dddd...': File name too long")

    def test_source_word_of_5000_characters(self):
        self.dockerfile("FROM scratch", f"COPY {'x' * 5000} /")
        self.refused("Dockerfile:2:6: error:")

    # Kinds and sizes of files

    def test_fifo_and_socket(self):
        (self.context / "data").mkdir()
        os.mkfifo(self.context / "data/fifo")
        self.dockerfile("FROM scratch", "COPY data /data/")
        result = self.slipway("build", "-o", f"oci:{self.work / 'image'}", self.context, status=None)
        if result.status != 0:
            self.assert_one_diagnostic(result)

    def test_unreadable_file(self):
        if os.geteuid() == 0:
            self.skipTest("root reads every file")
        self.write("a", "1", 0o000)
        self.dockerfile("FROM scratch", "COPY a /")
        self.refused("'a'", "Permission denied", status=4)

    def test_memory_does_not_grow_with_a_layer(self):
        with open(self.context / "sparse", "wb") as file:
            file.truncate(400 << 20)
        self.dockerfile("FROM scratch", "COPY sparse /")
        limit = ["sh", "-c", 'ulimit -d 262144; exec "$@"', "sh"]  # KiB of data, threads' stacks too
        self.build(before=limit)

    def test_sparse_file_of_9_gib(self):
        with open(self.context / "sparse", "wb") as file:
            file.truncate(9 << 30)
        self.dockerfile("FROM scratch", "COPY sparse /")
        self.build(options=["--compression", "zstd"], timeout=250)
        manifest, _ = self.image(self.work / "image")
        self.assertLess(manifest["layers"][0]["size"], 8 << 20)


if __name__ == "__main__":
    harness.main()
