"""The two drivers give one image, and Ninja runs what has to run, nothing more."""

import json
import os
import shutil

import harness


class Drivers(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.write("app", "program\n", 0o755)
        self.write("share/one", "1\n")
        self.write("share/deep/two", "2\n")
        self.dockerfile("FROM scratch", "ENV A=1", "COPY share /usr/share/app/",
                        "COPY --chown=5:6 app /usr/bin/", 'ENTRYPOINT ["/usr/bin/app"]')

    def planned(self):
        folder = self.plan()
        self.assertEqual(self.edges_run(folder), ["Planning", "COPY", "COPY", "Assembling"])
        return folder

    def edges_run(self, folder):
        """The first word of each edge's title, in the order of a plan. Planning is
        one, though a changed Dockerfile makes build.ninja and the steps anew."""
        words = [title.split()[0] for title in self.ninja_titles(folder)]
        return (["Planning"] * ("Planning" in words) + ["COPY"] * words.count("COPY")
                + ["Assembling"] * words.count("Assembling"))

    def layers_made(self, folder):
        """Run Ninja; how many layers came out new, whatever edges looked."""
        def times():
            return {path: path.stat().st_mtime_ns for path in folder.rglob("*.layer")}
        before = times()
        self.ninja(folder)
        return sum(before[path] != time for path, time in times().items())

    # One image

    def test_same_digest(self):
        folder = self.planned()
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())
        self.image(self.work / "image")

    def test_digest_is_decided_by_content(self):
        before = self.build()
        self.write("share/one", "other\n")
        self.assertNotEqual(self.build(), before)

    def test_config_and_history(self):
        self.build()
        _, config = self.image(self.work / "image")
        self.assertEqual(config["config"]["Env"][-1], "A=1")
        self.assertEqual(config["config"]["Entrypoint"], ["/usr/bin/app"])
        self.assertEqual([(entry["created_by"], entry.get("empty_layer", False))
                          for entry in config["history"]],
                         [("ENV A=1", True), ("COPY share /usr/share/app/ # buildkit", False),
                          ("COPY --chown=5:6 app /usr/bin/ # buildkit", False),
                          ('ENTRYPOINT ["/usr/bin/app"]', True)])

    def test_emitted_json_and_dot(self):
        plan = json.loads(self.slipway("plan", "-f", self.context / "Dockerfile", "--emit", "json",
                                       self.context).out)
        self.assertEqual(len(plan["steps"]), 2)
        dot = self.slipway("plan", "-f", self.context / "Dockerfile", "--emit", "dot", self.context)
        self.assertTrue(dot.out.startswith("digraph"), dot.out)

    # What runs again

    def test_nothing_changed(self):
        folder = self.planned()
        self.assertEqual(self.ninja(folder).out, "ninja: no work to do.\n")

    def test_changed_file(self):
        folder = self.planned()
        self.write("share/one", "changed\n")
        self.assertEqual(self.edges_run(folder), ["COPY", "Assembling"])
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())
        self.assertEqual(self.ninja(folder).out, "ninja: no work to do.\n")

    def test_touched_file_ends_at_its_edge(self):
        folder = self.planned()
        os.utime(self.context / "share/one")
        self.assertEqual(self.edges_run(folder), ["COPY"])
        self.assertEqual(self.ninja(folder).out, "ninja: no work to do.\n")

    def test_changed_mode(self):
        folder = self.planned()
        self.write("share/one", "1\n", 0o600)
        self.assertEqual(self.edges_run(folder), ["COPY", "Assembling"])
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_added_and_removed_file(self):
        folder = self.planned()
        first = self.digest(self.planned_layout(folder))
        self.write("share/deep/three", "3\n")
        self.assertEqual(self.edges_run(folder), ["COPY", "Assembling"])
        self.assertNotEqual(self.digest(self.planned_layout(folder)), first)
        (self.context / "share/deep/three").unlink()
        self.assertEqual(self.edges_run(folder), ["COPY", "Assembling"])
        self.assertEqual(self.digest(self.planned_layout(folder)), first)

    def test_removed_directory(self):
        folder = self.planned()
        shutil.rmtree(self.context / "share/deep")
        # The COPY above looks at directories and links beneath, and packs nothing.
        self.assertEqual(self.layers_made(folder), 1)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_changed_symlink(self):
        (self.context / "share/link").symlink_to("one")
        folder = self.planned()
        (self.context / "share/link").unlink()
        (self.context / "share/link").symlink_to("deep/two")
        # The COPY above looks at directories and links beneath, and packs nothing.
        self.assertEqual(self.layers_made(folder), 1)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_file_of_no_layer(self):
        folder = self.planned()
        self.write("README", "not copied\n")
        self.assertEqual(self.ninja(folder).out, "ninja: no work to do.\n")

    def test_changed_env_packs_nothing(self):
        folder = self.planned()
        self.dockerfile("FROM scratch", "ENV A=2", "COPY share /usr/share/app/",
                        "COPY --chown=5:6 app /usr/bin/", 'ENTRYPOINT ["/usr/bin/app"]')
        self.assertEqual(self.edges_run(folder), ["Planning", "Assembling"])
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_comment_in_dockerfile_ends_at_the_plan(self):
        folder = self.planned()
        text = (self.context / "Dockerfile").read_text()
        self.write("Dockerfile", text + "# a remark\n")
        self.assertEqual(self.edges_run(folder), ["Planning"])
        self.assertEqual(self.ninja(folder).out, "ninja: no work to do.\n")

    def test_moved_line_packs_nothing(self):
        folder = self.planned()
        text = (self.context / "Dockerfile").read_text()
        self.write("Dockerfile", "# a remark\n\n" + text)
        self.assertEqual(self.layers_made(folder), 0)

    # So long that edges gather what lies deep beneath

    def test_long_stage(self):
        self.write("own/f", "1\n")
        self.dockerfile("FROM scratch", "COPY own /d/", *["COPY --link share /s/"] * 66,
                        "COPY share /top/")
        folder = self.plan()
        self.ninja(folder)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())
        self.assertEqual(self.ninja_titles(folder), [])
        # The bytes are no matter above, a new folder is.
        self.write("own/f", "2\n")
        self.assertEqual([title.split()[0] for title in self.ninja_titles(folder)],
                         ["COPY", "Assembling"])
        self.assertEqual(self.ninja_titles(folder), [])
        self.write("own/new/f")
        titles = self.ninja_titles(folder)
        self.assertIn("COPY share /top/", titles)
        self.assertNotIn("COPY --link share /s/", titles)
        self.assertEqual(self.ninja_titles(folder), [])

    def test_other_stage_beneath(self):
        def lines(base):
            return ("FROM scratch AS one", "COPY share /one/d/", "FROM scratch AS two", "COPY app /two/",
                    f"FROM {base}", "COPY --link app /", "COPY share /one/d/")
        self.dockerfile(*lines("one"))
        folder = self.plan()
        self.ninja(folder)
        self.dockerfile(*lines("two"))
        self.ninja(folder)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())


if __name__ == "__main__":
    harness.main()
