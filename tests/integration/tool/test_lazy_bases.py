"""Layers of a registry's images are fetched when something reads them, and not before."""

import base64
import json
import os
import shutil

import harness
import registries
import registry_test


class LazyBases(registry_test.RegistryTest):
    def setUp(self):
        super().setUp()
        layout = self.make_layout("base", "COPY etc /base/etc", files=[("etc", "base\n")])
        self.slipway("push", f"oci:{layout}", "-t", f"{self.registry.name}/team/base:1",
                     env={"SLIPWAY_STORE": str(self.work / "store of bases")})
        self.layer = self.registry.manifest("team/base", "1")[0]["layers"][0]["digest"]
        self.proxy = registries.FaultProxy(self.registry)  # it counts, no more
        self.addCleanup(self.proxy.close)
        self.base = f"{self.proxy.name}/team/base:1"
        self.write("file", "file\n")

    def downloads(self, digest=None):
        """How often the blob, else the base's layer, was fetched since the last time."""
        path = f"/blobs/{digest or self.layer}"
        count = sum(method == "GET" and url.endswith(path) for method, url in self.proxy.requests)
        self.proxy.requests.clear()
        return count

    def from_base(self, *lines, base=None, options=(), status=0, **env):
        self.dockerfile(f"FROM {base or self.base}", *lines)
        return self.slipway("build", *options, self.context, status=status, env=env)

    def to_layout(self, name="image"):
        return ["-o", f"oci:{self.plain / name}"]

    def test_metadata_needs_no_layer(self):
        self.from_base("ENV MORE=1", options=["-t", "app"])
        self.assertEqual(self.downloads(), 0)
        self.assertNotIn(self.layer.partition(":")[2], self.stored_blobs())
        self.assertIn("MORE=1", self.slipway("inspect", "app").out)
        self.assertEqual(self.downloads(), 0)

    def test_fetched_once_for_whoever_reads(self):
        for lines in (["COPY file /there/"], ["WORKDIR /there"], ["COPY --from=0 /base/etc /"]):
            with self.subTest(lines[0]):
                shutil.rmtree(self.store, ignore_errors=True)
                lines = [f"FROM {self.base}", *lines] if "--from" in lines[0] else lines
                self.from_base(*lines)
                self.from_base(*lines, "WORKDIR /more", options=self.to_layout())
                self.assertEqual(self.downloads(), 1)
                self.assert_sound_store()

    def test_outputs_that_hold_it(self):
        self.from_base("ENV MORE=1", options=["-t", "app"])
        for words in (["save", "app", "-o", self.plain / "app.tar"], ["copy", "app", f"oci:{self.plain / 'app'}"],
                      ["copy", "app", f"oci-archive:{self.plain / 'app.oci'}"], ["verify", "app"]):
            with self.subTest(words[0]):
                shutil.rmtree(self.store / "contents", ignore_errors=True)
                (self.store / "blobs/sha256" / self.layer.partition(":")[2]).unlink(missing_ok=True)
                self.downloads()
                self.slipway(*words)
                self.assertEqual(self.downloads(), 1)

    def test_link_and_stages_that_nobody_needs(self):
        self.dockerfile(f"FROM {self.base} AS unused", "COPY file /there/", "FROM scratch", "COPY --link file /file")
        self.slipway("build", *self.to_layout(), self.context)
        self.slipway("build", "--check", self.context)
        self.slipway("build", "--call=outline", self.context)
        self.plan()
        self.assertEqual(self.proxy.requests, [])

    def test_push_beside_the_base(self):
        for name in ("team/app", "team/base"):
            with self.subTest(name):
                self.from_base("COPY --link file /file", options=["--push", "-t", f"{self.proxy.name}/{name}:2"])
                layers = self.registry.manifest(name, "2")[0]["layers"]
                self.assertEqual([layer["digest"] for layer in layers][0], self.layer)
                self.assertEqual(self.downloads(), 0)
        shutil.rmtree(self.store)
        self.assertEqual(self.slipway("pull", f"{self.proxy.name}/team/app:2").status, 0)
        self.assertEqual(self.downloads(), 1)
        self.assert_sound_store()

    def test_push_elsewhere(self):
        other = registries.Registry(self.plain / "other")
        self.addCleanup(other.close)
        self.from_base("ENV MORE=1", options=["--push", "-t", f"{other.name}/app:1"])
        self.assertEqual(self.downloads(), 1)
        self.assertEqual(other.manifest("app", "1")[0]["layers"][0]["digest"], self.layer)

    def test_copy_between_repositories(self):
        name = f"docker://{self.proxy.name}/copied:1"
        self.slipway("copy", f"docker://{self.base}", name)
        self.slipway("copy", "--all-platforms", f"docker://{self.base}", name.replace(":1", ":2"))
        self.slipway("inspect", name)
        self.assertEqual(self.downloads(), 0)
        self.assertEqual(self.registry.manifest("copied", "1"), self.registry.manifest("team/base", "1"))
        self.assertEqual(self.registry.manifest("copied", "2"), self.registry.manifest("team/base", "1"))

    def test_edges(self):
        self.need("ninja")
        server = registries.TokenServer(self.registry)
        self.addCleanup(server.close)
        login = {"auths": {server.name: {"auth": base64.b64encode(b"user:secret").decode()}}}
        (self.home / ".docker").mkdir()
        (self.home / ".docker/config.json").write_text(json.dumps(login))
        self.dockerfile(f"FROM {server.name}/team/base:1", "COPY file /file")
        folder = self.plan()
        fetched = ("GET", f"/v2/team/base/blobs/{self.layer}")
        self.ninja(folder, self.base_result(folder))
        self.assertNotIn(fetched, [request[:2] for request in server.requests])
        self.ninja(folder)
        # Once without a token, and once with one.
        self.assertIn(([request[:2] for request in server.requests]).count(fetched), (1, 2))
        self.assert_sound_store()
        self.assertIn("no work to do", self.ninja(folder).out)

    def base_result(self, folder):
        """The file that Ninja makes for the base."""
        outputs = self.ninja(folder, "-t", "targets", "all").out.splitlines()
        return next(line.partition(":")[0] for line in outputs if line.partition(":")[0].endswith("base.layer"))

    def test_offline(self):
        self.from_base("ENV MORE=1", options=["-t", "app"])
        self.from_base("ENV MORE=2", SLIPWAY_OFFLINE="1")
        for how in ({"options": self.to_layout()}, {"lines": ["COPY file /file"]}):
            result = self.from_base(*how.get("lines", ["ENV MORE=2"]), options=how.get("options", ()), status=5,
                                    SLIPWAY_OFFLINE="1")
            self.assert_one_diagnostic(result)
            self.assertIn(f"pull '{self.base}'", result.err)
            self.assertIn("SLIPWAY_OFFLINE", result.err)
            self.assertIn(f"slipway pull {self.base}", result.err)
        self.assertFalse((self.plain / "image/index.json").exists())
        self.assertEqual(self.downloads(), 0)
        self.slipway("pull", self.base)
        self.from_base("COPY file /file", options=self.to_layout(), SLIPWAY_OFFLINE="1")
        self.assertEqual(self.downloads(), 1)

    def test_pruned(self):
        self.from_base("COPY file /file", options=self.to_layout())
        shutil.rmtree(self.plain / "image")
        self.slipway("prune", "-af")
        self.assertNotIn(self.layer.partition(":")[2], self.stored_blobs())
        self.downloads()
        self.from_base("COPY file /file", options=self.to_layout())
        self.assertEqual(self.downloads(), 1)

    def test_a_lost_layer_is_fetched_again(self):
        self.from_base("COPY file /file", options=["-t", "app"])
        for path in (self.store / "blobs/sha256").iterdir():
            if path.name == self.layer.partition(":")[2]:
                path.unlink()
        self.downloads()
        self.slipway("save", "app", "-o", self.plain / "app.tar")
        self.assertEqual(self.downloads(), 1)

    def test_gone_from_the_registry(self):
        self.from_base("ENV MORE=1", options=["-t", "app"])
        os.remove(self.registry.blob_file(self.layer))
        result = self.slipway("save", "app", "-o", self.plain / "app.tar", status=5)
        self.assert_one_diagnostic(result)
        self.assertIn(self.layer, result.err)
        self.assertIn(f"pull '{self.base}'", result.err)
        self.assertFalse((self.plain / "app.tar").exists())

    def test_pinned(self):
        digest = self.registry.manifest("team/base", "1")[1]
        self.dockerfile(f"FROM {self.base}", "COPY file /file")
        self.slipway("lock", self.context)
        self.assertIn(digest, (self.context / "container.lock").read_text())
        self.downloads()
        self.slipway("build", "--lock", self.context / "container.lock", *self.to_layout(), self.context)
        self.assertEqual(self.downloads(), 1)
        self.slipway("build", "--lock", self.context / "container.lock", *self.to_layout(), self.context,
                     env={"SLIPWAY_OFFLINE": "1"})

    def test_containers_have_all_from_the_start(self):
        self.from_base("CMD [\"/none\"]", options=["-t", "app"])
        self.slipway("create", "app")
        self.assertEqual(self.downloads(), 1)


class SharedResults(registry_test.RegistryTest):
    """A toolchain behind a cached RUN stays where it is."""

    def setUp(self):
        super().setUp()
        self.need("busybox", "ninja")
        tree = self.plain / "tree"
        (tree / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), tree / "bin/busybox")
        (tree / "bin/sh").symlink_to("busybox")
        (self.plain / "toolchain.Dockerfile").write_text("FROM scratch\nCOPY bin /bin\nENV PATH=/bin\n")
        self.slipway("build", "-f", self.plain / "toolchain.Dockerfile", "--push", "-t",
                     f"{self.registry.name}/toolchain:1", tree, env={"SLIPWAY_STORE": str(self.plain / "maker")})
        self.layer = self.registry.manifest("toolchain", "1")[0]["layers"][0]["digest"]
        self.proxy = registries.FaultProxy(self.registry)
        self.addCleanup(self.proxy.close)
        self.write("data", "data\n")
        self.dockerfile(f"FROM {self.proxy.name}/toolchain:1 AS build", "WORKDIR /src", "COPY data .",
                        "RUN busybox cat data /proc/sys/kernel/random/uuid > /made",
                        "FROM scratch", "COPY --from=build /made /made")

    def on_machine(self, name, *options):
        """Build there; the image's digest, and how often the toolchain was fetched."""
        self.proxy.requests.clear()
        layout = self.plain / f"image-{name}"
        result = self.slipway("build", *options, "-o", f"oci:{layout}", self.context, status=None,
                              env=self.environment(SLIPWAY_STORE=str(self.plain / f"store-{name}")))
        if result.status == 4:
            self.skipTest(result.err)
        self.assertEqual(result.status, 0, result.err)
        return self.digest(layout), self.downloads()

    def downloads(self):
        return self.proxy.requests.count(("GET", f"/v2/toolchain/blobs/{self.layer}"))

    def test_cached_run(self):
        for kind, place in (("registry", f"ref={self.registry.name}/cache"), ("local", f"{{}}={self.plain / 'kept'}")):
            with self.subTest(kind):
                to, source = (f"type={kind},{place.format(word)}" for word in ("dest", "src"))
                first, count = self.on_machine(f"{kind}-a", "--cache-to", f"{to},mode=max")
                self.assertEqual(count, 1)
                self.assertEqual(self.on_machine(f"{kind}-b", "--cache-from", source), (first, 0))
                # The command is another: now it is needed.
                self.write("data", "other\n")
                other, count = self.on_machine(f"{kind}-b", "--cache-from", source)
                self.write("data", "data\n")
                self.assertNotEqual(other, first)
                self.assertEqual(count, 1)

    def test_cached_run_by_edges(self):
        place = f"type=registry,ref={self.registry.name}/cache"
        first, _ = self.on_machine("a", "--cache-to", f"{place},mode=max")
        self.proxy.requests.clear()
        folder = self.plan(options=[f"--cache-from={place}"])
        self.ninja(folder, env=self.environment(SLIPWAY_STORE=str(self.plain / "store-b")))
        self.assertEqual(self.digest(self.planned_layout(folder)), first)
        self.assertEqual(self.downloads(), 0)


if __name__ == "__main__":
    harness.main()
