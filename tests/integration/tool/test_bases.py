"""Images that stand on images: what a new base makes again, and what it does not."""

import pathlib
import tempfile

import harness


class Bases(harness.ToolTest):
    def setUp(self):
        super().setUp()
        # FROM takes no quotes, so a base cannot lie in a path with a space.
        self.bases = pathlib.Path(tempfile.mkdtemp(prefix="slipway-base-"))
        self.addCleanup(self._remove, self.bases)
        self.write("app", "program\n", 0o755)
        self.make_base("1")

    def make_base(self, content, *lines):
        """Build the layout `base`: /usr/bin, and /bin as a link to it."""
        folder = self.work / "base context"
        (folder / "tree/usr/bin").mkdir(parents=True, exist_ok=True)
        if not (folder / "tree/bin").is_symlink():
            (folder / "tree/bin").symlink_to("usr/bin")
        (folder / "tree/version").write_text(content)
        (folder / "Dockerfile").write_text(
            "\n".join(["FROM scratch", "COPY tree /", "ENV BASE=1", *lines]) + "\n")
        return self.build(self.bases / "base", context=folder)

    def planned(self, *lines):
        self.dockerfile(f"FROM oci:{self.bases / 'base'}", *lines)
        folder = self.plan()
        self.ninja(folder)
        return folder

    def copies_run(self, folder):
        return [title for title in self.ninja_titles(folder) if title.startswith("COPY")]

    def test_image_on_a_base(self):
        self.planned("COPY app /bin/")
        self.build()
        manifest, config = self.image(self.work / "image")
        self.assertEqual(len(manifest["layers"]), 2)
        self.assertIn("BASE=1", config["config"]["Env"])

    def test_destination_through_a_link_of_the_base(self):
        self.planned("COPY app /bin/")
        self.build(options=["--compression", "none"])
        manifest, _ = self.image(self.work / "image")
        self.assertEqual(self.names(manifest["layers"][-1], "image"), ["usr/bin/app"])

    def test_new_base_packs_nothing_again(self):
        folder = self.planned("COPY app /bin/")
        before = self.digest(self.planned_layout(folder))
        self.make_base("2")
        titles = self.ninja_titles(folder)
        self.assertTrue(any(title.startswith("FROM") for title in titles), titles)
        self.assertEqual([title for title in titles if title.startswith("COPY")], [])
        self.assertNotEqual(self.digest(self.planned_layout(folder)), before)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_base_whose_link_moved_packs_again(self):
        folder = self.planned("COPY app /bin/")
        (self.work / "base context/tree/bin").unlink()
        (self.work / "base context/tree/opt").mkdir()
        (self.work / "base context/tree/bin").symlink_to("opt")
        self.make_base("1")
        self.assertEqual(self.copies_run(folder), ["COPY app /bin/"])
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_link_waits_for_nothing(self):
        folder = self.planned("COPY --link app /opt/")
        self.make_base("2")
        self.assertEqual(self.copies_run(folder), [])
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_words_that_need_the_base(self):
        folder = self.planned("COPY app /opt/$BASE/")
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build(
            options=["--compression", "gzip"]))
        manifest, _ = self.image(self.work / "image")
        self.assertIn("opt/1/app", self.names(manifest["layers"][-1], "image"))

    def test_copy_from_a_stage(self):
        self.dockerfile(f"FROM oci:{self.bases / 'base'} AS one", "COPY app /bin/app",
                        "FROM scratch", "COPY --from=one /usr/bin/app /version /")
        folder = self.plan()
        self.ninja(folder)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())
        manifest, _ = self.image(self.work / "image")
        self.assertEqual(sorted(self.names(manifest["layers"][-1], "image")), ["app", "version"])

    def test_stage_that_nothing_needs_is_not_built(self):
        self.dockerfile("FROM scratch AS unused", "COPY absent /", "FROM scratch", "COPY app /")
        self.build()


if __name__ == "__main__":
    harness.main()
