"""registries.conf: mirrors, blocked and insecure registries, aliases."""

import shutil

import harness
import registries
import registry_test


class Mirrors(registry_test.RegistryTest):
    def configure(self, text):
        folder = self.home / ".config/containers"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "registries.conf").write_text(text)

    def build_from(self, name, status=0, **how):
        shutil.rmtree(self.store, ignore_errors=True)
        self.dockerfile(f"FROM {name}")
        return self.slipway("build", self.context, status=status, **how)

    def test_mirror(self):
        self.publish_base("mirrored/team/base:1")
        self.configure("[[registry]]\nprefix = 'example.invalid/team'\n"
                       "[[registry.mirror]]\nlocation = '127.0.0.1:1/down'\n"
                       f"[[registry.mirror]]\nlocation = '{self.registry.name}/mirrored/team'\n")
        self.build_from("example.invalid/team/base:1")
        self.assertIn("example.invalid", self.build_from("example.invalid/other/base:1", status=5).err)

    def test_own_place_after_mirrors(self):
        base = self.publish_base("own/base:1")
        empty = registries.Registry(self.plain / "empty")
        self.addCleanup(empty.close)
        self.configure(f"[[registry]]\nlocation = '{self.registry.name}'\n"
                       f"[[registry.mirror]]\nlocation = '{empty.name}'\n")
        self.build_from(base)

    def test_mirror_that_serves_something_else(self):
        """What a mirror gives is checked like what the registry gives."""
        base = self.publish_base("own/base:1")
        mirror = registries.FaultProxy(self.registry, ["corrupt"] * 50, matches=lambda method, path: "/blobs/" in path)
        self.addCleanup(mirror.close)
        self.configure(f"[[registry]]\nlocation = '{self.registry.name}'\n"
                       f"[[registry.mirror]]\nlocation = '{mirror.name}'\n")
        self.build_from(base)
        self.assertIn("corrupt", mirror.injected)
        self.assert_sound_store()

    def test_mirror_of_docker_s_registry(self):
        self.publish_base("library/debian:12")
        self.build_from("debian:12", env={"SLIPWAY_REGISTRY_MIRROR": f"http://{self.registry.name}"})
        shutil.rmtree(self.store)
        self.slipway("build", "--registry-mirror", self.registry.name, self.context)
        shutil.rmtree(self.store)
        self.slipway("pull", "--registry-mirror", self.registry.name, "debian:12")

    def test_location_elsewhere(self):
        self.publish_base("moved/base:1")
        self.configure(f"[[registry]]\nprefix = 'example.invalid'\nlocation = '{self.registry.name}/moved'\n")
        self.build_from("example.invalid/base:1")

    def test_blocked(self):
        base = self.publish_base()
        self.configure(f"[[registry]]\nlocation = '{self.registry.name}'\nblocked = true\n")
        result = self.build_from(base, status=3)
        self.assertIn(f"registries.conf blocks '{self.registry.name}'", result.err)
        self.assertIn("Dockerfile:1:6: error: ", result.err)

    def test_insecure(self):
        base = self.publish_base()
        self.configure(f"[[registry]]\nlocation = '{self.registry.name}'\ninsecure = true\n")
        self.build_from(base)
        self.slipway("build", "--push", "-t", f"{self.registry.name}/pushed:1", self.context)

    def test_alias(self):
        base = self.publish_base().rpartition(":")[0]
        self.configure(f"[aliases]\n'short' = '{base}'\n")
        self.build_from("short:1")

    def test_damaged_file(self):
        self.configure("[[registry]\n")
        file = self.home / ".config/containers/registries.conf"
        self.assertIn(f"read '{file}': line 1: expected a table's name", self.build_from("debian:12", status=3).err)


if __name__ == "__main__":
    harness.main()
