"""slipway copy: images between any two places."""

import json

import harness
import registry_test


class Copy(registry_test.RegistryTest):
    def setUp(self):
        super().setUp()
        self.write("app", "x" * 1000)
        self.dockerfile("FROM scratch", "COPY app /app")
        self.source = self.slipway("build", "-q", "-t", "app:1", self.context).out.strip()

    def copy(self, source, target, *options, **how):
        return self.slipway("copy", *options, source, target, **how).out.strip()

    def test_around(self):
        """From place to place, and back; the digest stays."""
        name = f"docker://{self.registry.name}/app:1"
        places = ["app:1", f"oci:{self.plain}/layout:v1", name, f"oci-archive:{self.plain}/app.tar:app:2",
                  f"docker://{self.registry.name}/other:1", f"oci:{self.plain}/second", "again:3"]
        for source, target in zip(places, places[1:]):
            self.assertEqual(self.copy(source, target), self.source, target)
        self.image(self.plain / "second")
        self.assertEqual(self.registry.manifest("other", "1")[1], self.source)
        self.assertIn(self.source, self.slipway("inspect", "again:3").out)

    def test_archives_of_docker(self):
        self.copy("app:1", f"docker-archive:{self.plain}/app.tar:app:2")
        self.skopeo("inspect", f"docker-archive:{self.plain}/app.tar:docker.io/library/app:2")

    def test_layout_keeps_its_other_images(self):
        layout = self.plain / "layout"
        self.copy("app:1", f"oci:{layout}:a")
        self.copy("app:1", f"oci:{layout}:b")
        names = [entry["annotations"]["org.opencontainers.image.ref.name"]
                 for entry in json.loads((layout / "index.json").read_text())["manifests"]]
        self.assertEqual(names, ["a", "b"])

    def test_whole_index(self):
        name = f"docker://{self.publish_index('multi:1', 'linux/amd64', 'linux/arm64')}"
        index, digest = self.registry.manifest("multi", "1")
        for target in (f"oci:{self.plain}/both", "multi:1", f"docker://{self.registry.name}/copied:1"):
            self.assertEqual(self.copy(name, target, "--all-platforms"), digest)
        archive = f"oci-archive:{self.plain}/both.tar"
        self.assertEqual(self.copy(name, f"{archive}:multi:1", "--all-platforms"), digest)
        self.assertEqual(self.copy(archive, f"oci:{self.plain}/unpacked", "--all-platforms"), digest)
        self.assertEqual({path.name for path in (self.plain / "unpacked/blobs/sha256").iterdir()},
                         {path.name for path in (self.plain / "both/blobs/sha256").iterdir()})
        self.assertEqual(self.registry.manifest("copied", "1")[1], digest)
        one = self.copy(f"oci:{self.plain}/both", f"oci:{self.plain}/one", "--platform", "linux/arm64")
        self.assertEqual(one, index["manifests"][1]["digest"])
        self.assertEqual(self.image(self.plain / "one")[1]["architecture"], "arm64")

    def test_mistakes(self):
        self.assertIn("no image of that name", self.slipway("copy", "none", "oci:x", status=3).err)
        self.assertIn("a docker archive holds one platform's image",
                      self.slipway("copy", "--all-platforms", "app:1", "docker-archive:x", status=2).err)
        self.assertIn("'docker-archive:x' holds one platform's image",
                      self.slipway("copy", "--all-platforms", "docker-archive:x", "app:2", status=2).err)
        self.assertIn("open image 'oci-archive:x'",
                      self.slipway("copy", "--all-platforms", "oci-archive:x", "app:2", status=3).err)


if __name__ == "__main__":
    harness.main()
