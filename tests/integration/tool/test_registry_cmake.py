"""Images of CMake projects that come from registries and go there."""

import pathlib

import harness
import registries
import registry_test

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"


class Project(registry_test.RegistryTest):
    def setUp(self):
        super().setUp()
        self.need("cmake", "ninja")

    def configure(self, *lines):
        """A project with these lines; its build tree."""
        source = self.work / "source"
        source.mkdir(exist_ok=True)
        (source / "data").write_text("data\n")
        (source / "CMakeLists.txt").write_text("\n".join([
            "cmake_minimum_required(VERSION 3.25)", "project(demo LANGUAGES NONE)", f'include("{MODULE}")', *lines]) + "\n")
        tree = self.work / "tree"
        self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", "-S", source, "-B", tree)
        return tree

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


if __name__ == "__main__":
    harness.main()
