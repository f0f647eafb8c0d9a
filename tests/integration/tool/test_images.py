"""The images of the store: tag, rmi, images, history, prune."""

import json
import subprocess
import threading

import container_harness
import harness


class Images(container_harness.ContainerTest):
    def setUp(self):
        super().setUp()
        self.id = self.slipway("images", "-q", "--no-trunc", "base").out.strip()

    def blobs(self):
        return {path.name for path in (self.store / "blobs/sha256").iterdir()}

    def build_other(self, tag="other", text="other"):
        self.write("file", text)
        self.dockerfile("FROM scratch", "COPY file /", f"LABEL of={text}")
        self.slipway("build", "-t", tag, self.context)

    def names(self, *options):
        return self.slipway("images", "--format", "{{.Repository}}:{{.Tag}}", *options).out.split()

    def test_tags(self):
        self.slipway("tag", "base", "localhost:5000/app:1")
        self.slipway("tag", self.id[:19], "again")
        self.assertEqual(self.names(), ["again:latest", "base:latest", "localhost:5000/app:1"])
        for wrong in (("none", "x"), ("base", "Bad Name"), ("base", f"x@{self.id}")):
            self.assert_one_diagnostic(self.slipway("tag", *wrong, status=None))
        self.assertEqual(len(self.names()), 3)

    def test_removing_names_and_images(self):
        self.slipway("tag", "base", "second:1")
        self.assertEqual(self.slipway("rmi", "second:1").out, "Untagged: second:1\n")
        self.slipway("tag", "base", "second:1")
        refused = self.slipway("rmi", self.id, status=1)
        self.assertIn("it has more than one name: base:latest, second:1", refused.err)
        out = self.slipway("rmi", "-f", self.id).out.splitlines()
        self.assertEqual(out[:3], ["Untagged: base:latest", "Untagged: second:1", f"Deleted: {self.id}"])
        self.assertNotIn(self.id.partition(":")[2], self.blobs())
        self.assertEqual(self.names(), [])
        missing = self.slipway("rmi", "base", status=1)
        self.assert_one_diagnostic(missing)

    def test_shared_layers_stay(self):
        self.write("more", "more")
        self.dockerfile(*self.on_base("COPY more /"))
        self.slipway("build", "-t", "child", self.context)
        self.slipway("rmi", "base")
        self.assertEqual(self.slipway("run", "--rm", "child", "cat", "/more").out, "more")
        self.slipway("rmi", "child")
        self.build_other()
        self.assertEqual(self.names(), ["other:latest"])

    def test_used_images_stay(self):
        self.sh("echo x > /x", "--name", "box")
        self.assertIn("container 'box' is of it", self.slipway("rmi", "base", status=1).err)
        self.assertEqual(self.slipway("rmi", "-f", "base").out, "Untagged: base:latest\n")
        self.slipway("prune", "-af")
        self.assertEqual(self.slipway("start", "-a", "box").status, 0)
        self.assertEqual(self.slipway("diff", "box").out, "A /x\n")
        self.slipway("rm", "box")
        self.slipway("prune", "-f")
        self.assertNotIn(self.id.partition(":")[2], self.blobs())

    def test_lists(self):
        self.build_other()
        rows = [json.loads(line) for line in self.slipway("images", "--format", "json").out.splitlines()]
        self.assertEqual([row["Repository"] for row in rows], ["base", "other"])
        self.assertEqual(self.slipway("images", "--format", "table {{.Tag}}\t{{upper .Repository}}").out.splitlines(),
                         ["TAG      REPOSITORY", "latest   BASE", "latest   OTHER"])
        self.assertIn("sha256:", self.slipway("images", "--digests").out.splitlines()[1])
        self.assertEqual(self.names("--filter", "label=of=other"), ["other:latest"])
        self.assertEqual(self.names("--filter", "reference=b*"), ["base:latest"])
        self.assertEqual(self.names("oth*"), ["other:latest"])
        self.assertEqual(self.names("--filter", "dangling=true"), [])
        for options in (["--filter", "odd=1"], ["--filter", "label"], ["--format", "{{.Odd}}"], ["--format", "{{odd .ID}}"]):
            self.assert_one_diagnostic(self.slipway("images", *options, status=2))

    def test_history(self):
        lines = [json.loads(line) for line in self.slipway("history", "--format", "json", "--no-trunc", "base").out.splitlines()]
        self.assertEqual(lines[0]["ID"], self.id)
        self.assertEqual(lines[0]["CreatedBy"], 'CMD ["echo" "the default"]')
        self.assertEqual(self.slipway("history", "-q", "base").out.splitlines()[1:], ["<missing>"] * (len(lines) - 1))
        sizes = self.slipway("history", "--human=false", "--format", "{{.Size}} {{.CreatedSince}}", "base").out.splitlines()
        self.assertTrue(all(line.partition(" ")[0].isdigit() and line.endswith("T00:00:00Z") for line in sizes), sizes)

    # Prune

    def test_prune_takes_what_nothing_refers_to(self):
        self.build_other("moving", "old")
        old = self.blobs()
        self.build_other("moving", "new")
        kept = self.slipway("images", "-q", "--no-trunc").out
        out = self.slipway("prune", "-f").out
        self.assertRegex(out, r"Deleted: sha256:[0-9a-f]{64}\n(.*\n)*\nTotal reclaimed space: [\d.]+k?M?B\n$")
        self.assertLess(len(old & self.blobs()), len(old))
        self.assertEqual(self.slipway("images", "-q", "--no-trunc").out, kept)
        self.assertEqual(self.slipway("run", "--rm", "base").out, "the default\n")
        self.assertEqual(self.slipway("prune", "-f").out, "Total reclaimed space: 0B\n")

    def test_prune_asks(self):
        asked = subprocess.run([harness.tool(), "prune", "-a"], env=self.environment(), input=b"n\n", capture_output=True, timeout=60)
        self.assertIn(b"Are you sure you want to continue? [y/N] ", asked.stdout)
        self.assertEqual(self.names(), ["base:latest"])
        subprocess.run([harness.tool(), "prune", "-a"], env=self.environment(), input=b"y\n", capture_output=True, timeout=60, check=True)
        self.assertEqual(self.names(), [])

    def test_prune_by_age_label_and_size(self):
        self.build_other()
        self.slipway("prune", "-af", "--filter", "until=24h")
        self.assertEqual(self.names(), ["base:latest", "other:latest"])
        self.slipway("prune", "-af", "--filter", "label=of=other")
        self.assertEqual(self.names(), ["base:latest"])
        self.slipway("prune", "-f", "--keep-storage", "1GB")
        self.assertEqual(self.names(), ["base:latest"])
        for options in (["--keep-storage", "much"], ["--filter", "until=soon"], ["--filter", "odd=1"]):
            self.assert_one_diagnostic(self.slipway("prune", "-f", *options, status=2))

    def test_builds_after_a_prune_make_it_again(self):
        self.dockerfile(*self.on_base("RUN echo made > /made"))
        first = self.build()
        self.slipway("prune", "-af")
        self.assertEqual(self.build("second"), first)

    def test_prune_waits_for_builds(self):
        self.dockerfile(*self.on_base("RUN sleep 1; echo made > /made"))
        builder = threading.Thread(target=self.build)
        builder.start()
        self.until(lambda: any((self.store / "scratch").glob("step-*/")))
        self.slipway("prune", "-af")
        self.assertFalse(list((self.store / "scratch").glob("step-*/")))
        builder.join()
        self.image(self.work / "image")


if __name__ == "__main__":
    harness.main()
