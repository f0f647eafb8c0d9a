"""Base images of registries."""

import json
import os
import pty
import subprocess

import harness
import registries
import registry_test


class Pull(registry_test.RegistryTest):
    def members(self, layout="image"):
        manifest, config = self.image(self.work / layout)
        return [name for layer in manifest["layers"] for name in self.names(layer, layout)], config["config"]

    def test_base(self):
        base = self.publish_base()
        self.write("app", "x")
        self.dockerfile(f"FROM {base}", "COPY app /app")
        self.build()
        names, config = self.members()
        self.assertEqual(names, ["base/etc", "app"])
        self.assertIn("BASE=1", config["Env"])
        self.assert_sound_store()

    def test_progress_on_a_terminal(self):
        """A line that is drawn again while something comes, and that leaves nothing behind."""
        base = self.publish_base(files=[("etc", "x" * 300)])
        proxy = registries.FaultProxy(self.registry, ["slow"] * 20, matches=lambda method, path: "/blobs/" in path)
        proxy.pause = 0.15
        self.addCleanup(proxy.close)
        master, terminal = pty.openpty()
        process = subprocess.Popen([harness.tool(), "pull", base.replace(self.registry.name, proxy.name)],
                                   env=self.environment(), stdout=subprocess.DEVNULL, stderr=terminal)
        os.close(terminal)
        shown = b""
        try:
            while chunk := os.read(master, 4096):
                shown += chunk
        except OSError:
            pass  # how a terminal ends
        os.close(master)
        self.assertEqual(process.wait(), 0, shown)
        self.assertRegex(shown.decode(), r"\r\x1b\[Kfetching \S+ of \S+")
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)

    def test_same_from_a_layout(self):
        base = self.publish_base()
        self.write("app", "x")
        self.dockerfile(f"FROM {base}", "COPY app /app")
        pulled = self.build()
        self.dockerfile(f"FROM oci:{self.plain / 'base'}", "COPY app /app")
        self.assertEqual(self.build("other"), pulled)

    def test_edges(self):
        base = self.publish_base()
        self.write("app", "x")
        self.dockerfile(f"FROM {base}", "COPY app /app")
        folder = self.plan()
        self.ninja(folder)
        self.assertEqual(self.ninja_titles(folder), [])
        self.registry.close()
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())

    def test_other_places_that_name_images(self):
        base = self.publish_base()
        for lines in (["FROM scratch", f"COPY --from={base} /base/etc /c"],
                      ["FROM scratch", f"COPY --from=docker://{base} /base/etc /c"],
                      [f"FROM docker://{base} AS b", "FROM scratch", "COPY --from=b /base/etc /c"]):
            self.dockerfile(*lines)
            self.build()
            self.assertEqual(self.members()[0], ["c"], lines)
        self.dockerfile("FROM scratch", "COPY --from=named /base/etc /d")
        self.build(options=["--build-context", f"named=docker-image://{base}"])
        self.assertEqual(self.members()[0], ["d"])

    def test_formats_and_compressions(self):
        layout = self.make_layout("base", "COPY f /f", files=[("f", "content" * 1000)])
        self.dockerfile(f"FROM {self.publish(layout, 'oci:1')}")
        expected = self.build(options=["--compression", "none"])
        for name, options in {"docker:1": ["--format", "v2s2"], "zstd:1": ["--dest-compress-format", "zstd"]}.items():
            self.dockerfile(f"FROM {self.publish(layout, name, *options)}")
            self.build("other", options=["--compression", "none"])
            self.assertEqual(self.members("other")[0], ["f"])
        plain = self.make_layout("plain", "COPY f /f", files=[("f", "content" * 1000)], options=["--compression", "none"])
        self.dockerfile(f"FROM {self.publish(plain, 'plain:1', '--dest-decompress')}")
        self.build("other")
        self.assertEqual(self.members("other")[0], ["f"])
        self.assertNotEqual(expected, "")

    def test_digests(self):
        base = self.publish_base()
        _, digest = self.registry.manifest("base", "1")
        for name in (f"{self.registry.name}/base@{digest}", f"{base}@{digest}", f"{self.registry.name}/base:none@{digest}"):
            self.dockerfile(f"FROM {name}")
            self.build()
            self.assertEqual(self.members()[0], ["base/etc"])
        other = f"{self.registry.name}/base@sha256:{'0' * 64}"
        self.dockerfile(f"FROM {other}")
        result = self.slipway("build", self.context, status=5)
        self.assertIn(f"Dockerfile:1:6: error: pull '{other}': there is no manifest 'sha256:0000", result.err)

    def test_index_by_platform(self):
        name = self.publish_index("multi:1", "linux/amd64", "linux/arm64", "linux/arm/v7")
        self.dockerfile(f"FROM {name}")
        for platform in ("linux/amd64", "linux/arm64", "linux/arm/v7"):
            self.build(options=["--platform", platform])
            manifest, config = self.image(self.work / "image")
            self.assertEqual("/".join(filter(None, (config["os"], config["architecture"], config.get("variant")))),
                             platform)
        result = self.slipway("build", "--platform", "linux/s390x", self.context, status=3)
        self.assertIn(f"Dockerfile:1:6: error: pull '{name}': it has no image for linux/s390x", result.err)
        self.assertIn("it has: linux/amd64, linux/arm64, linux/arm/v7", result.err)

    def test_foreign_layers_are_refused_by_name(self):
        base = self.publish_base()
        manifest, _ = self.registry.manifest("base", "1")
        manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        manifest["layers"][0]["urls"] = ["http://127.0.0.1:1/layer"]
        manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
        manifest["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json"
        proxy = self.serve_manifest(json.dumps(manifest).encode(), manifest["mediaType"])
        self.dockerfile(f"FROM {base.replace(self.registry.name, proxy)}")
        result = self.slipway("build", self.context, status=3)
        self.assertIn(f"its layer 1 ('{manifest['layers'][0]['digest']}') is a foreign layer", result.err)

    def serve_manifest(self, body, media_type, digest=None):
        """A registry like ours but for one manifest; its name."""
        handler = type("Handler", (registries._Forwarding,), {})

        def handle_any(self):
            if "/manifests/" not in self.path:
                return self.reply(*self.forward())
            return self.reply(200, [("Content-Type", media_type), *([("Docker-Content-Digest", digest)] if digest else [])],
                              body)

        handler.handle_any = handle_any
        server = registries._Server(handler)
        server.behind = self.registry.port
        self.addCleanup(server.close)
        return server.name

    def test_old_manifests_are_refused_by_type(self):
        old = "application/vnd.docker.distribution.manifest.v1+prettyjws"
        self.dockerfile(f"FROM {self.serve_manifest(b'{}', old)}/x")
        result = self.slipway("build", self.context, status=3)
        self.assertIn(f"manifests of the type '{old}' are not supported", result.err)

    def test_manifest_with_another_digest(self):
        oci = "application/vnd.oci.image.manifest.v1+json"
        self.dockerfile(f"FROM {self.serve_manifest(b'{}', oci, 'sha256:' + '1' * 64)}/x")
        result = self.slipway("build", self.context, status=3)
        self.assertIn("fetch manifest 'latest': digest mismatch", result.err)
        self.assert_sound_store()

    def test_damaged_layer_is_not_stored(self):
        base = self.publish_base()
        manifest, _ = self.registry.manifest("base", "1")
        blob = self.registry.blob_file(manifest["layers"][0]["digest"])
        content = bytearray(blob.read_bytes())
        content[-1] ^= 1
        blob.write_bytes(content)
        self.dockerfile(f"FROM {base}")
        result = self.slipway("build", "-o", f"oci:{self.plain / 'image'}", self.context, status=3)
        self.assertIn(manifest["layers"][0]["digest"], result.err)
        self.assertFalse((self.plain / "image/index.json").exists())
        self.assertIn("have the digest", result.err)
        self.assert_sound_store()

    def test_resolved_once(self):
        base = self.publish_base()
        self.dockerfile(f"FROM {base}")
        first = self.build()
        self.publish_base(files=[("etc", "other\n")])
        self.assertEqual(self.build(), first)
        second = self.build(options=["--pull"])
        self.assertNotEqual(second, first)
        self.assertEqual(self.build(), second)
        self.registry.close()
        self.assertEqual(self.build(), second)
        self.assertIn("the network leads to no server",
                      self.slipway("build", "--pull", self.context, status=5).err)

    def test_unchanged_base_is_asked_for_by_digest_alone(self):
        proxy = registries.FaultProxy(self.registry)
        self.addCleanup(proxy.close)
        base = self.publish_base().replace(self.registry.name, proxy.name)
        self.dockerfile(f"FROM {base}")
        self.build()
        proxy.requests.clear()
        self.build()
        self.assertEqual(proxy.requests, [])
        self.build(options=["--pull"])
        self.assertEqual(proxy.requests, [("HEAD", "/v2/base/manifests/1")])

    def test_offline(self):
        base = self.publish_base()
        self.dockerfile(f"FROM {base}")
        result = self.slipway("build", self.context, status=5, env={"SLIPWAY_OFFLINE": "1"})
        self.assertIn("SLIPWAY_OFFLINE is set", result.err)
        digest = self.build()
        self.assertEqual(self.build(env={"SLIPWAY_OFFLINE": "1"}), digest)
        self.slipway("build", "--pull", self.context, status=2, env={"SLIPWAY_OFFLINE": "1"})

    def test_lost_blobs_come_again(self):
        base = self.publish_base()
        self.dockerfile(f"FROM {base}")
        digest = self.build()
        for path in (self.store / "blobs/sha256").iterdir():
            path.unlink()
        self.assertEqual(self.build(), digest)

    def test_one_download_for_several_builds(self):
        proxy = registries.FaultProxy(self.registry, ["slow"] * 20, matches=lambda method, path: "/blobs/" in path)
        self.addCleanup(proxy.close)
        base = self.publish_base(files=[("etc", "x" * 100000)]).replace(self.registry.name, proxy.name)
        self.dockerfile(f"FROM {base}")
        contexts = []
        for number in range(3):
            context = self.work / f"context {number}"
            context.mkdir()
            (context / "Dockerfile").write_text(f"FROM {base}\n")
            contexts.append(context)
        builds = [subprocess.Popen([harness.tool(), "build", "-q", str(context)], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE) for context in contexts]
        outputs = {build.communicate()[0] for build in builds}
        self.assertEqual([build.returncode for build in builds], [0, 0, 0])
        self.assertEqual(len(outputs), 1)
        blobs = [path for _, path in proxy.requests if "/blobs/" in path]
        self.assertEqual(len(blobs), len(set(blobs)))

    def test_triggers_of_a_base(self):
        base = self.publish_base("trigger:1", "ONBUILD ENV TRIGGERED=yes")
        self.dockerfile(f"FROM {base}")
        self.build()
        self.assertIn("TRIGGERED=yes", self.members()[1]["Env"])

    def test_names_that_lead_nowhere(self):
        port = registries._free_port()
        for name, status, words in (
                (f"{self.registry.name}/none:1", 5, "there is no manifest '1' in"),
                (f"127.0.0.1:{port}/x", 5, "the network leads to no server"),
                ("nowhere.invalid/x", 5, "the network knows no such host"),
                ("me/UPPER", 3, "the repository must be lower case")):
            self.dockerfile(f"FROM {name}")
            result = self.slipway("build", self.context, status=status)
            self.assertIn(words, result.err)
            self.assertIn("Dockerfile:1:6: error: ", result.err)
            self.assert_one_diagnostic(result)


if __name__ == "__main__":
    harness.main()
