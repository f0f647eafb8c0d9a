"""Lock files: a build stands on the bases that were written down."""

import json

import harness
import registries
import registry_test


class Lock(registry_test.RegistryTest):
    def setUp(self):
        super().setUp()
        self.base = self.publish_base()
        self.lock = self.context / "container.lock"

    def locked_build(self, **how):
        return self.slipway("build", "-q", "--lock", self.lock, self.context, **how)

    def test_tag_that_moves(self):
        self.dockerfile(f"FROM {self.base}", f"COPY --from={self.base} /base/etc /copied")
        _, digest = self.registry.manifest("base", "1")
        self.assertEqual(self.slipway("lock", self.context).out, f"{self.base}: nothing -> {digest}\n")
        self.assertEqual(json.loads(self.lock.read_text())["references"][self.base]["digest"], digest)
        before = self.locked_build().out
        self.publish_base(files=[("etc", "other\n")])
        _, moved = self.registry.manifest("base", "1")
        self.assertEqual(self.locked_build().out, before)
        self.assertEqual(self.slipway("build", "-q", "--pull", "--lock", self.lock, self.context).out, before)
        shown = f"{self.base}: {digest} -> {moved}\n"
        self.assertEqual(self.slipway("lock", "--dry-run", self.context).out, shown)
        self.assertEqual(self.slipway("lock", "--missing", self.context).out, "")
        self.assertEqual(self.locked_build().out, before)
        self.assertEqual(self.slipway("lock", self.context).out, shown)
        self.assertNotEqual(self.locked_build().out, before)

    def test_without_network(self):
        self.dockerfile(f"FROM {self.base}")
        self.slipway("build", self.context)
        self.slipway("lock", self.context)
        self.registry.close()
        self.locked_build()
        self.assertEqual(self.slipway("lock", self.context, status=5).out, "")
        self.assertIn("SLIPWAY_OFFLINE is set", self.slipway("lock", self.context, status=2, env={"SLIPWAY_OFFLINE": "1"}).err)

    def test_platforms_of_an_index(self):
        name = self.publish_index("multi:1", "linux/amd64", "linux/arm64")
        index, digest = self.registry.manifest("multi", "1")
        self.dockerfile(f"FROM {name}")
        self.slipway("lock", self.context)
        locked = json.loads(self.lock.read_text())["references"][name]
        self.assertEqual(locked["digest"], digest)
        self.assertEqual(locked["platforms"], {"linux/amd64": index["manifests"][0]["digest"],
                                               "linux/arm64": index["manifests"][1]["digest"]})
        for platform in ("linux/amd64", "linux/arm64"):
            self.slipway("build", "--lock", self.lock, "--platform", platform, self.context)

    def test_mistakes(self):
        self.dockerfile("FROM scratch AS a", f"FROM {self.base}")
        self.assertIn(f"Dockerfile:2:1: error: '{self.base}' is not in '{self.lock}'", self.locked_build(status=3).err)
        self.lock.write_text("{}")
        self.assertIn(f"read '{self.lock}': lock file: it is not what 'slipway lock' writes", self.locked_build(status=3).err)
        self.lock.write_text('{"version": 2}')
        self.assertIn("another version of slipway wrote it", self.locked_build(status=3).err)

    def test_edges(self):
        self.dockerfile(f"FROM {self.base}")
        self.slipway("lock", self.context)
        folder = self.plan(options=["--lock", self.lock])
        self.ninja(folder)
        before = self.digest(self.planned_layout(folder))
        self.publish_base(files=[("etc", "other\n")])
        self.assertEqual(self.ninja_titles(folder), [])
        self.slipway("lock", self.context)
        self.ninja(folder)
        self.assertNotEqual(self.digest(self.planned_layout(folder)), before)


class LockedProject(registry_test.ProjectTest):
    def test_project(self):
        base = self.publish_base()
        proxy = registries.FaultProxy(self.registry)
        self.addCleanup(proxy.close)
        name = base.replace(self.registry.name, proxy.name)
        tree = self.configure("container_lock()",
                              f"add_container_image(image FILES data DESTINATION /data FROM {name} ALL)",
                              f'file(WRITE "${{CMAKE_CURRENT_SOURCE_DIR}}/Dockerfile" "FROM {name}\\n")',
                              "add_container_image(second DOCKERFILE Dockerfile BUILD_ARGS A=b ALL)")
        result = self.ninja(tree, status=1)
        self.assertIn(f"'{name}' is not in '", result.out)
        self.ninja(tree, "container_lock_update")
        locked = json.loads((self.work / "source/container.lock").read_text())
        self.assertEqual(list(locked["references"]), [name])
        self.ninja(tree)
        self.assertEqual(self.ninja_titles(tree), [])
        self.publish_base(files=[("etc", "other\n")])
        result = self.ninja(tree, "container_lock_update")
        self.assertIn(f"{name}: sha256:", result.out)
        titles = self.ninja_titles(tree)
        self.assertIn(f"FROM {name}", " ".join(titles))


if __name__ == "__main__":
    harness.main()
