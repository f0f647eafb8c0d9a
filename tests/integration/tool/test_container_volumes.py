"""Volumes: what the image has is copied into them, and those without a name go with
their container."""

import json

import container_harness
import harness


class ContainerVolumes(container_harness.ContainerTest):
    def setUp(self):
        super().setUp()
        self.write("data/f", "of the image\n", mode=0o640)
        self.dockerfile(*self.on_base("COPY --chown=3:4 data /data", "RUN chmod 750 /data && chown 5 /data && ln -s f /data/l",
                                      "VOLUME /data /new"))
        self.slipway("build", "-t", "with", self.context)

    def volumes(self):
        folder = self.store / "volumes"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def run_with(self, script, *options, **how):
        return self.slipway("run", *options, "with", "sh", "-c", script, **how).out

    def test_image_volumes(self):
        shown = self.run_with("cat /data/l; stat -c '%a %u:%g' /data /data/f; ls -A /new; echo x > /data/mine; echo y > /new/f",
                              "--name", "box")
        self.assertEqual(shown, "of the image\n750 5:4\n640 3:4\n")
        self.assertEqual(len(self.volumes()), 2)
        self.assertEqual(self.slipway("diff", "box").out, "")
        mounts = json.loads(self.slipway("inspect", "box").out)[0]["Mounts"]
        self.assertEqual([(mount["Type"], mount["Destination"], mount["RW"]) for mount in mounts],
                         [("volume", "/data", True), ("volume", "/new", True)])
        self.assertEqual([mount["Name"] for mount in mounts if mount["Name"] not in self.volumes()], [])
        # They stay with the container, and beyond it.
        self.slipway("start", "-a", "box")
        self.slipway("rm", "box")
        self.assertEqual(len(self.volumes()), 2)

    def test_copies_of_a_stopped_one(self):
        (self.work / "own").write_text("of the machine\n")
        self.slipway("create", "--name", "box", "-v", f"{self.work}:/made/there:ro", "with", "sh", "-c",
                     "cat /data/own /new/own; cat /made/there/own")
        self.slipway("cp", self.work / "own", "box:/data/own")
        self.slipway("cp", self.work / "own", "box:/new/own")
        refused = self.slipway("cp", self.work / "own", "box:/made/there/other", status=None)
        self.assertNotEqual(refused.status, 0)
        self.assertEqual(self.slipway("start", "-a", "box").out, "of the machine\n" * 3)
        self.assertEqual(self.slipway("diff", "box").out, "")
        self.slipway("cp", "box:/data", self.work / "out")
        self.assertEqual(sorted(path.name for path in (self.work / "out").iterdir()), ["f", "l", "own"])

    def test_unnamed_ones_go_with_their_container(self):
        self.run_with("true", "--rm")
        self.assertEqual(self.volumes(), [])
        self.run_with("true", "--name", "box", "-v", "/more", "-v", "kept:/data")
        self.assertEqual(len(self.volumes()), 3)
        self.slipway("rm", "-v", "box")
        self.assertEqual(self.volumes(), ["kept"])
        self.slipway("run", "-d", "--rm", "--name", "box", "with", "sleep", "1000")
        self.assertEqual(len(self.volumes()), 3)
        self.slipway("rm", "-f", "box")
        self.until(lambda: self.volumes() == ["kept"])

    def test_only_empty_ones_are_filled(self):
        self.assertEqual(self.run_with("ls /data; rm /data/l; touch /data/mine", "--rm", "-v", "kept:/data"), "f\nl\n")
        self.assertEqual(self.run_with("ls /data", "--rm", "-v", "kept:/data"), "f\nmine\n")
        self.assertEqual(self.run_with("ls -A /data", "--rm", "-v", "other:/data:nocopy"), "")
        self.assertEqual(self.run_with("ls -A /data", "--rm", "--mount", "target=/data,source=third"), "f\nl\n")
        (self.work / "folder").mkdir()
        self.assertEqual(self.run_with("ls -A /data", "--rm", "-v", f"{self.work}/folder:/data"), "")
        self.assertEqual(self.run_with("ls -A /data", "--rm", "--tmpfs", "/data"), "")

    def test_writable_where_the_root_is_not(self):
        self.assertEqual(self.run_with("echo x > /data/mine && cat /data/mine; touch /x || echo refused", "--rm", "--read-only"),
                         "x\nrefused\n")


if __name__ == "__main__":
    harness.main()
