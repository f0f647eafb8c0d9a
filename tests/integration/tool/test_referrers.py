"""What lies beside images in registries: artifacts that refer to them."""

import concurrent.futures
import json

import harness
import registries
import registry_test


class Referrers(registry_test.RegistryTest):
    def setUp(self):
        super().setUp()
        self.name = self.publish_base("org/app:1")
        self.digest = self.registry.manifest("org/app", "1")[1]
        self.sbom = self.write("sbom.json", "{}\n")

    def attach(self, name, kind="application/spdx+json", **how):
        return self.slipway("attach", name, f"{self.sbom}:text/spdx", "--artifact-type", kind,
                            "--annotation", "made=here", **how)

    def listed(self, name, *options):
        return json.loads(self.slipway("referrers", name, "--json", *options).out)

    def assert_attached(self, name):
        self.assertEqual(self.listed(name), [])
        attached = self.attach(name).out.strip()
        other = self.attach(name, "application/vnd.example.signature").out.strip()
        self.attach(name)  # the same again is the same
        self.assertEqual({entry["digest"] for entry in self.listed(name)}, {attached, other})
        (entry,) = self.listed(name, "--artifact-type", "application/spdx+json")
        self.assertEqual((entry["digest"], entry["annotations"]), (attached, {"made": "here"}))
        self.assertIn(attached + "   application/spdx+json", self.slipway("referrers", name).out)
        manifest = self.registry.manifest("org/app", attached)[0]
        self.assertEqual(manifest["subject"]["digest"], self.digest)
        self.assertEqual(manifest["artifactType"], "application/spdx+json")
        (layer,) = manifest["layers"]
        self.assertEqual((layer["mediaType"], layer["annotations"]),
                         ("text/spdx", {"org.opencontainers.image.title": "sbom.json"}))

    def test_list_under_a_tag(self):
        self.assert_attached(self.name)
        # skopeo reads what we wrote.
        index = self.inspect(f"{self.name.rpartition(':')[0]}:{self.digest.replace(':', '-')}")
        self.assertEqual(len(index["manifests"]), 2)

    def test_registry_that_knows_referrers(self):
        knowing = registries.ReferrersServer(self.registry)
        self.addCleanup(knowing.close)
        self.assert_attached(self.name.replace(self.registry.name, knowing.name))
        self.assertEqual(json.loads(self.registry.get("/v2/org/app/tags/list")[2])["tags"], ["1"])

    def test_many_at_once(self):
        kinds = [f"application/vnd.example.{number}" for number in range(6)]
        with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
            list(pool.map(lambda kind: self.attach(self.name, kind), kinds))
        self.assertEqual({entry["artifactType"] for entry in self.listed(self.name)}, set(kinds))

    def test_mistakes(self):
        for name, kind, said in ((f"{self.registry.name}/org/app:2", "text/plain", "there is no manifest '2'"),
                                 (self.name, "plain", "--artifact-type 'plain' is no media type")):
            result = self.attach(name, kind, status=None)
            self.assertNotEqual(result.status, 0)
            self.assertIn(said, result.err)
            self.assert_one_diagnostic(result)


if __name__ == "__main__":
    harness.main()
