"""`slipway build --attest`, --sbom and --provenance: documents about the images of any
Dockerfile, and where each output has them."""

import json

import check_sbom
import harness
import registry_test


class Attestations(registry_test.RegistryTest):
    def setUp(self):
        super().setUp()
        self.write("data/plain.txt", "text\n")
        self.dockerfile("ARG V=1", "FROM scratch AS one", "COPY data /opt/data", "ARG V", "WORKDIR /made")

    def build_with(self, *options, status=0):
        return self.slipway("build", *options, self.context, status=status)

    def read(self, path):
        document = json.loads((self.work / path).read_text())
        self.assertEqual(check_sbom.check(document), [])
        return document

    def test_beside_files(self):
        result = self.build_with("--sbom", "--provenance=mode=max", "--build-arg", "V=2", "-t", "app:1",
                                 "--metadata-file", self.work / "metadata", "-o", self.work / "out")
        sbom = check_sbom.Sbom(self.read("out/sbom.spdx.json"))
        self.assertIn("/opt/data/plain.txt", sbom.components)
        self.assertEqual(sbom.components["app:1"]["version"], result.out.strip())
        provenance = self.read("out/provenance.json")
        self.assertEqual("sha256:" + provenance["subject"][0]["digest"]["sha256"], result.out.strip())
        self.assertEqual(provenance["predicate"]["buildDefinition"]["externalParameters"]["buildArgs"], {"V": "2"})
        metadata = json.loads((self.work / "metadata").read_text())
        self.assertEqual(metadata["buildx.build.provenance"], provenance["predicate"])

    def test_beside_layouts(self):
        self.build_with("--attest", "type=sbom", "--attest=type=provenance", "--build-arg", "V=2",
                        "-o", f"oci:{self.work}/image", "-o", f"type=oci,dest={self.work}/image.tar")
        for name in ("image", "image.tar"):
            self.read(f"{name}.sbom.spdx.json")
            provenance = self.read(f"{name}.provenance.json")
            # What has more than names is told by mode=max alone.
            self.assertEqual(provenance["predicate"]["buildDefinition"]["externalParameters"]["buildArgs"], {})
        self.build_with("--sbom=true", "--platform", "linux/amd64,linux/arm64", "-o", self.work / "both",
                        "-o", f"oci:{self.work}/index")
        documents = [self.read(f"{place}{platform}{end}.spdx.json") for platform in ("linux_amd64", "linux_arm64")
                     for place, end in (("both/", "/sbom"), ("index.", ".sbom"))]
        self.assertEqual(documents[0], documents[1])
        self.assertNotEqual(documents[1], documents[2])

    def test_push(self):
        name = f"{self.registry.name}/org/app:1"
        base = self.publish_base()
        self.dockerfile(f"FROM {base}", "COPY data /opt/data")
        self.build_with("--sbom", "--provenance=true", "-t", name, "--push")
        self.assertNotIn("manifests", self.registry.manifest("org/app", "1")[0])
        entries = json.loads(self.slipway("referrers", name, "--json").out)
        self.assertEqual({entry["artifactType"] for entry in entries},
                         {"application/spdx+json", "application/vnd.in-toto+json"})
        for entry in entries:
            (layer,) = self.registry.manifest("org/app", entry["digest"])[0]["layers"]
            document = json.loads(self.registry.blob_file(layer["digest"]).read_text())
            self.assertEqual(check_sbom.check(document), [])
            if "_type" in document:
                (dependency,) = document["predicate"]["buildDefinition"]["resolvedDependencies"]
                self.assertEqual("sha256:" + dependency["digest"]["sha256"], self.registry.manifest("base", "1")[1])
            else:
                self.assertTrue(check_sbom.Sbom(document).related(name, "DESCENDANT_OF", base))

    def test_not_asked_for(self):
        for flags in ((), ("--sbom=false", "--provenance=false"), ("--sbom", "--attest", "type=sbom", "--sbom=0")):
            self.build_with(*flags, "-o", f"oci:{self.work}/image")
            self.assertEqual(list(self.work.glob("image.*")), [])
        result = self.build_with("--sbom")
        self.assertIn("warning: no output of this build has a place for", result.err)

    def test_mistakes(self):
        for flag, said in (("--sbom=generator=a/b", "--sbom 'type=sbom,generator=a/b': Slipway runs no generator"),
                           ("--attest=type=sbon", "unknown type 'sbon'\n  hint: did you mean 'sbom'?"),
                           ("--attest=mode=max", "type is missing"),
                           ("--provenance=mode=most", "mode 'most' is neither min nor max"),
                           ("--provenance=version=v0.2", "SLSA version 'v0.2' is not written"),
                           ("--sbom=disabled=perhaps", "disabled is neither true nor false")):
            result = self.build_with(flag, "-o", f"oci:{self.work}/none", status=2)
            self.assertIn(said, result.err)
            self.assert_one_diagnostic(result)
            self.assertFalse((self.work / "none").exists())


if __name__ == "__main__":
    harness.main()
