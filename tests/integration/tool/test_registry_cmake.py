"""Images of CMake projects that come from registries and go there."""

import json
import pathlib

import harness
import registries
import registry_test


class Project(registry_test.ProjectTest):
    def test_base(self):
        base = self.publish_base()
        proxy = registries.FaultProxy(self.registry)
        self.addCleanup(proxy.close)
        name = base.replace(self.registry.name, proxy.name)
        tree = self.configure(f"add_container_image(image FILES data DESTINATION /data FROM {name} ALL)")
        self.assertEqual(proxy.requests, [])
        self.ninja(tree)
        layout = next(tree.rglob("index.json")).parent
        manifest, config = self.image(layout)
        names = [name for layer in manifest["layers"] for name in self.names(layer, layout)]
        self.assertEqual(names, ["base/etc", "data/data"])
        self.assertIn("BASE=1", config["config"]["Env"])
        self.assertEqual(config["config"]["User"], "65532:65532")
        self.assertEqual(self.ninja_titles(tree), [])

    def test_base_by_a_mirror(self):
        self.publish_base("library/debian:12")
        tree = self.configure(f"set(SLIPWAY_REGISTRY_MIRROR http://{self.registry.name})",
                              "add_container_image(image FILES data DESTINATION /data FROM debian:12 ALL)")
        self.ninja(tree)
        self.assertEqual(len(self.image(next(tree.rglob("index.json")).parent)[0]["layers"]), 2)

    def test_push(self):
        tree = self.configure(f"add_container_image(image FILES data DESTINATION /data FROM scratch TAGS "
                              f"{self.registry.name}/app:1 {self.registry.name}/app:latest)",
                              'file(GENERATE OUTPUT where CONTENT "$<TARGET_PROPERTY:image,CONTAINER_IMAGE_PUSH_FILE>")')
        self.ninja(tree, "image_push")
        pushed = json.loads(pathlib.Path((tree / "where").read_text()).read_text())
        for tag in ("1", "latest"):
            self.assertEqual(self.registry.manifest("app", tag)[1], pushed["digest"])
        self.assertEqual(pushed["references"][0], f"{self.registry.name}/app:1@{pushed['digest']}")


if __name__ == "__main__":
    harness.main()
