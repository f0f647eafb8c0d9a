"""Images made of containers, looked at by programs that are not ours."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import container_harness
import harness
import image_files

CHANGES = ("CMD [\"sh\", \"-c\", \"echo changed\"]", "ENV ADDED=yes", "EXPOSE 80", "LABEL a=b", "USER 5", "VOLUME /v",
           "WORKDIR /old", "STOPSIGNAL SIGINT", "HEALTHCHECK --interval=5s CMD true", "ONBUILD RUN true",
           "ENTRYPOINT [\"/bin/env\", \"IN=entry\"]")


class Commit(container_harness.ContainerTest):
    def changed(self, *options):
        """A container "box" that changed a bit of everything."""
        self.sh("rm /gone; rm -r /old; mkdir /old; echo new > /old/c; echo f > /f; ln /f /hard; ln -s f /soft; chmod 4755 /f; "
                "setfattr -n user.of -v test /f 2> /dev/null; mkdir -p /a/b; touch -d 2001-01-01 /a/b/c; mknod /pipe p",
                "--name", "box", *options)

    def commit(self, *options, name="made", **how):
        return self.slipway("commit", *options, "box", name, **how).out.strip()

    def saved(self, name="made"):
        """The image as a layout, checked."""
        layout = self.work / f"layout-{name}"
        self.slipway("copy", name, f"oci:{layout}:{name}")
        return layout, self.image(layout)

    def test_files(self):
        self.changed("-v", f"{self.context}:/mounted", "--tmpfs", "/mem")
        digest = self.commit()
        layout, (manifest, config) = self.saved()
        self.assertEqual(len(manifest["layers"]), 2)
        image, = image_files.read_images(layout)
        self.assertEqual(image.descriptor["digest"], digest)
        tree = image.tree()
        self.assertEqual(sorted(path for path in tree.nodes if path.startswith(("/a", "/f", "/hard", "/old", "/soft", "/gone", "/pipe", "/m"))),
                         ["/a", "/a/b", "/a/b/c", "/f", "/hard", "/old", "/old/c", "/pipe", "/soft"])
        self.assertIs(tree.nodes["/f"], tree.nodes["/hard"])
        self.assertEqual((tree.nodes["/f"].mode, tree.nodes["/soft"].target, tree.nodes["/pipe"].type), (0o4755, "f", "fifo"))
        self.assertNotIn("/etc", image.layer_tree(1).nodes)
        found = self.slipway("run", "--rm", "made", "sh", "-c", "cat /old/c; ls /old; ls /gone 2> /dev/null", status=None)
        self.assertEqual(found.out, "new\nc\n")

    def test_history_and_configuration(self):
        self.changed("-e", "SET=here", "-l", "own=1")
        self.commit("-a", "An Author <a@example.org>", "-m", "the message", *[word for change in CHANGES for word in ("-c", change)])
        _, (_, document) = self.saved()
        config = document["config"]
        self.assertEqual(document["author"], "An Author <a@example.org>")
        self.assertEqual(config["Env"], ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "FROM_IMAGE=1", "SET=here", "ADDED=yes"])
        self.assertEqual((config["User"], config["WorkingDir"], config["StopSignal"]), ("5", "/old", "SIGINT"))
        self.assertEqual((config["ExposedPorts"], config["Volumes"]), ({"80/tcp": {}}, {"/v": {}}))
        self.assertEqual(config["Labels"], {"of": "image", "own": "1", "a": "b"})
        self.assertEqual((config["Entrypoint"], config["OnBuild"]), (["/bin/env", "IN=entry"], ["RUN true"]))
        self.assertEqual(config["Healthcheck"], {"Test": ["CMD-SHELL", "true"], "Interval": 5000000000})
        last = document["history"][-1]
        self.assertEqual((last["author"], last["comment"]), ("An Author <a@example.org>", "the message"))
        self.assertTrue(last["created_by"].startswith("sh -c rm /gone"))
        self.assertIn("the message", self.slipway("history", "made").out)

    def test_bad_changes_make_nothing(self):
        self.sh("true", "--name", "box")
        for change in ("RUN true", "COPY a b", "", "EXPOSE many", "ENV"):
            self.assert_one_diagnostic(self.slipway("commit", "-c", change, "box", "made", status=None))
        self.assert_one_diagnostic(self.slipway("commit", "box", "Not/A:Name:", status=None))
        self.assert_one_diagnostic(self.slipway("commit", "none", "made", status=None))
        self.assertNotIn("made", self.slipway("images").out)

    def test_the_same_container_gives_the_same_image(self):
        self.changed()
        first = self.commit()
        self.assertEqual(self.commit(), first)
        later = self.commit(env={"SOURCE_DATE_EPOCH": "1000000000"})
        self.assertNotEqual(later, first)
        self.assertIn("2001-09-09 01:46:40", self.slipway("images", "--format", "{{.CreatedAt}}", "made").out)
        layout, _ = self.saved()
        image, = image_files.read_images(layout)
        times = {node.mtime for node in image.layer_tree(1).nodes.values()}
        self.assertLessEqual(max(times), 1000000000)

    def test_of_a_running_one(self):
        self.detached("echo x > /x; sleep 1000", "--name", "box")
        self.until(lambda: "A /x" in self.slipway("diff", "box").out)
        digest = self.slipway("commit", "box").out.strip()
        self.assertEqual(self.slipway("run", "--rm", digest, "cat", "/x").out, "x\n")
        self.assertIn("<none>", self.slipway("images").out)
        self.assertEqual(self.slipway("exec", "box", "cat", "/x").out, "x\n")

    def test_other_tools_read_it(self):
        self.need("skopeo", "umoci")
        self.changed()
        self.commit("-c", "CMD [\"cat\", \"/old/c\"]")
        layout, _ = self.saved()
        inspected = json.loads(self.run_command("skopeo", "inspect", "--config", f"oci:{layout}:made").out)
        self.assertEqual(inspected["config"]["Cmd"], ["cat", "/old/c"])
        options = [] if harness.is_root() else ["--rootless"]
        self.run_command("umoci", "unpack", *options, "--image", f"{layout}:made", self.work / "bundle")
        root = self.work / "bundle/rootfs"
        self.assertEqual(sorted(os.listdir(root / "old")), ["c"])
        self.assertFalse((root / "gone").exists())
        self.assertEqual((root / "f").stat().st_ino, (root / "hard").stat().st_ino)
        self.assertEqual((root / "f").stat().st_mode & 0o7777, 0o4755)

    def test_owners_without_the_rights_of_root(self):
        """As a user of one id the layer is what root's is."""
        self.need_root()
        self.need("setpriv")
        place = pathlib.Path(tempfile.mkdtemp(prefix="slipway-commit-"))
        self.addCleanup(self._remove, place)
        shutil.copytree(self.bases / "base", place / "base")
        subprocess.run(["chmod", "-R", "a+rX", place], check=True)
        os.chown(place, 65534, 65534)
        (place / "store").mkdir()
        os.chown(place / "store", 65534, 65534)
        nobody = {"before": ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"], "cwd": place,
                  "env": {"SLIPWAY_STORE": str(place / "store"), "HOME": str(place)}}
        script = "touch /a /b; chown 5:6 /a; mkdir /d; chown 7 /d; rm /gone; chown 8:9 /bin/busybox"
        first = self.slipway("run", "--name", "box", f"oci:{place / 'base'}", "sh", "-c", script, status=None, **nobody)
        if first.status == 125:
            self.skipTest(f"nobody cannot run containers here: {first.err}")
        theirs = self.slipway("commit", "box", "made", **nobody).out
        self.assertIn("exited", self.slipway("ps", "-a", "--format", "{{.State}}", **nobody).out)
        self.slipway("start", "box", **nobody)
        self.slipway("rm", "-f", "box", **nobody)
        self.slipway("run", "--name", "box", f"oci:{place / 'base'}", "sh", "-c", script)
        self.assertEqual(self.slipway("commit", "box", "made").out, theirs)


if __name__ == "__main__":
    harness.main()
