"""Indexes: images of several platforms under one name."""

import json

import harness
import registry_test


class Index(registry_test.RegistryTest):
    def layouts(self, *platforms):
        return [f"oci:{self.make_layout(platform.replace('/', '-'), 'COPY f /f', files=[('f', platform)], options=['--platform', platform])}"
                for platform in platforms]

    def test_two_platforms(self):
        images = self.layouts("linux/amd64", "linux/arm/v7")
        name = f"{self.registry.name}/multi:1"
        result = self.slipway("index", "-t", name, "--push", "--annotation", "a=b", "--layout", self.plain / "joined",
                              "--digest-file", self.work / "digest", *images)
        document, digest = self.registry.manifest("multi", "1")
        self.assertEqual(result.out, digest + "\n")
        self.assertEqual((self.work / "digest").read_text(), digest + "\n")
        self.assertEqual([entry["platform"] for entry in document["manifests"]],
                         [{"architecture": "amd64", "os": "linux"}, {"architecture": "arm", "os": "linux", "variant": "v7"}])
        self.assertEqual(document["annotations"], {"a": "b"})
        self.assertEqual(self.inspect(name), document)
        self.skopeo("copy", "--all", "--src-tls-verify=false", f"docker://{name}", f"oci:{self.plain}/copied")
        self.dockerfile(f"FROM {name}")
        self.build(options=["--platform", "linux/arm/v7"])
        self.assertEqual(self.image(self.work / "image")[1]["variant"], "v7")

    def test_indexes_join(self):
        images = self.layouts("linux/amd64", "linux/arm64", "linux/s390x")
        self.slipway("index", "-t", "two:1", *images[:2])
        self.slipway("index", "-t", "three:1", "--layout", self.plain / "three", "two:1", images[2])
        entry = json.loads((self.plain / "three/index.json").read_text())["manifests"][0]
        joined = json.loads((self.plain / "three/blobs/sha256" / entry["digest"][7:]).read_text())
        self.assertEqual([manifest["platform"]["architecture"] for manifest in joined["manifests"]],
                         ["amd64", "arm64", "s390x"])

    def test_mistakes(self):
        image, = self.layouts("linux/amd64")
        self.assertIn("are both for linux/amd64", self.slipway("index", image, image, status=3).err)
        self.assertIn("--push: the index has no name", self.slipway("index", "--push", image, status=2).err)
        self.assertIn("is not of the form name=value", self.slipway("index", "--annotation", "a", image, status=2).err)


class IndexedProject(registry_test.ProjectTest):
    def test_project(self):
        other = self.make_layout("other", "COPY f /f", files=[("f", "x")], options=["--platform", "linux/s390x"])
        tree = self.configure("add_container_image(image FILES data DESTINATION /data FROM scratch PLATFORM linux/amd64)",
                              f"add_container_index(both IMAGES image oci:{other} TAGS {self.registry.name}/both:1 ALL)")
        self.ninja(tree)
        self.assertEqual(self.ninja_titles(tree), [])
        self.ninja(tree, "both_push")
        document, digest = self.registry.manifest("both", "1")
        self.assertEqual([entry["platform"]["architecture"] for entry in document["manifests"]], ["amd64", "s390x"])
        self.assertEqual((tree / "both.container/image.digest").read_text().strip(), digest)
        (self.work / "source/data").write_text("changed")
        self.assertIn("Joining the images of both", self.ninja_titles(tree))


if __name__ == "__main__":
    harness.main()
