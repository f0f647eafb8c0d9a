"""COPY --parents: paths kept, from the pivot on."""

import tarfile

import harness


class Parents(harness.ToolTest):
    def copied(self, *words):
        self.dockerfile("FROM scratch", "COPY --parents " + " ".join(words))
        self.build(options=["--compression", "none"])
        manifest, _ = self.image(self.work / "image")
        return self.names(manifest["layers"][0], "image")

    def setUp(self):
        super().setUp()
        for path in ["a/b/one.txt", "a/b/two.md", "a/c/d/three.txt", "top.txt"]:
            self.write(path, path)

    def test_directories_are_kept(self):
        self.assertEqual(self.copied("a/b/one.txt", "top.txt", "/out/"), ["out/a/b/one.txt", "out/top.txt"])
        self.assertEqual(self.copied("a/b", "/out/"), ["out/a/b/one.txt", "out/a/b/two.md"])

    def test_pivot(self):
        self.assertEqual(self.copied("a/./b/one.txt", "/out/"), ["out/b/one.txt"])
        self.assertEqual(self.copied("a/./c", "/out/"), ["out/c/d/three.txt"])

    def test_wildcards_of_any_depth(self):
        self.assertEqual(self.copied("**/*.txt", "/"), ["a/b/one.txt", "a/c/d/three.txt", "top.txt"])
        self.assertEqual(self.copied("a/**/three.txt", "/"), ["a/c/d/three.txt"])
        self.assertEqual(self.copied("./a/./**/*.md", "/"), ["b/two.md"])

    def test_exclude(self):
        self.assertEqual(self.copied("--exclude=a/b", "**/*.txt", "/"), ["a/c/d/three.txt", "top.txt"])

    def test_directories_have_the_source_s_modes(self):
        (self.context / "a").chmod(0o750)
        self.copied("a/b/one.txt", "/out/")
        manifest, _ = self.image(self.work / "image")
        blob = self.work / "image/blobs/sha256" / manifest["layers"][0]["digest"].partition(":")[2]
        with tarfile.open(blob) as archive:
            modes = {member.name: member.mode for member in archive if member.isdir()}
        self.assertEqual(modes["out/a"], 0o750)

    def test_missing_path(self):
        self.dockerfile("FROM scratch", "COPY --parents a/nothing /")
        result = self.slipway("build", self.context, status=3)
        self.assertIn("copy 'a/nothing': not found in the source", result.err)
        self.assertEqual(self.copied("a/*.none", "top.txt", "/"), ["top.txt"])

    def test_added_file_is_seen(self):
        self.dockerfile("FROM scratch", "COPY --parents **/*.txt /")
        folder = self.plan()
        self.ninja(folder)
        self.write("a/c/new.txt")
        self.assertIn("COPY --parents **/*.txt /", self.ninja_titles(folder))
        self.write("a/c/new.md")
        before = self.digest(self.planned_layout(folder))
        self.ninja(folder)
        self.assertEqual(self.digest(self.planned_layout(folder)), before)


if __name__ == "__main__":
    harness.main()
