"""Images that go to registries."""

import hashlib
import json
import random
import shutil
import subprocess

import harness
import registries
import registry_test


class Push(registry_test.RegistryTest):
    def build_tagged(self, *tags, options=(), **how):
        """An image with one layer in the store; its digest."""
        self.write("app", b"x" * 100000)
        self.dockerfile("FROM scratch", "COPY app /app")
        words = [word for tag in tags for word in ("-t", tag)]
        return self.slipway("build", "-q", *words, *options, self.context, **how).out.strip()

    def proxy(self, *faults, **how):
        proxy = registries.FaultProxy(self.registry, faults, **how)
        self.addCleanup(proxy.close)
        return proxy

    def test_by_its_own_name(self):
        name = f"{self.registry.name}/org/app:1"
        digest = self.build_tagged(name)
        result = self.slipway("push", name)
        self.assertEqual(result.out, digest + "\n")
        self.assertIn("2 blobs sent", result.err)
        self.assertEqual(self.registry.manifest("org/app", "1")[1], digest)
        self.assertIn("0 blobs sent (0B), 0 mounted, 2 were there", self.slipway("push", name).err)

    def test_judged_by_skopeo(self):
        for form in ("oci", "docker"):
            name = f"{self.registry.name}/{form}:1"
            self.build_tagged(name, options=["--format", form])
            self.slipway("push", name)
            copied = self.plain / f"copied-{form}"
            self.skopeo("copy", "--src-tls-verify=false", f"docker://{name}", f"oci:{copied}")
            self.image(copied)
            self.assertIn("schemaVersion", self.inspect(name))
            shutil.rmtree(self.store)

    def test_several_tags_and_json(self):
        digest = self.build_tagged("app:1")
        tags = [f"{self.registry.name}/a:1", f"docker://{self.registry.name}/a:2", f"{self.registry.name}/b:1"]
        file = self.work / "pushed.json"
        result = self.slipway("push", "app:1", "--json", "--metadata-file", file,
                              *[word for tag in tags for word in ("-t", tag)])
        described = json.loads(result.out)
        self.assertEqual(described, json.loads(file.read_text()))
        self.assertEqual(described["digest"], digest)
        self.assertEqual(described["references"], [f"{tag.removeprefix('docker://')}@{digest}" for tag in tags])
        for repository, tag in (("a", "1"), ("a", "2"), ("b", "1")):
            self.assertEqual(self.registry.manifest(repository, tag)[1], digest)
        self.assertIn("2 blobs sent", result.err)
        self.assertIn("2 mounted", result.err)

    def test_from_a_layout_with_its_names(self):
        name = f"{self.registry.name}/app:1"
        digest = self.build_tagged(name, options=["-o", f"oci:{self.plain / 'layout'}"])
        shutil.rmtree(self.store)
        self.slipway("push", f"oci:{self.plain / 'layout'}")
        self.assertEqual(self.registry.manifest("app", "1")[1], digest)

    def test_by_build(self):
        for number, options in enumerate((["--push"], ["-o", "type=registry"], ["-o", "type=image,push=true"])):
            name = f"{self.registry.name}/app:{number}"
            metadata = self.work / "metadata.json"
            digest = self.build_tagged(name, options=[*options, "--metadata-file", metadata])
            self.assertEqual(self.registry.manifest("app", str(number))[1], digest)
            self.assertEqual(json.loads(metadata.read_text())["containerimage.digest"], digest)
        name = f"{self.registry.name}/named:1"
        for output in (f"type=registry,name={name}", f"docker://{name}"):
            digest = self.build_tagged(options=["-o", output])
            self.assertEqual(self.registry.manifest("named", "1")[1], digest)
        self.assertIn("--push: the image has no name", self.slipway("build", "--push", self.context, status=2).err)
        quiet = self.slipway("build", "-q", "--push", "-t", f"{self.registry.name}/quiet:1", self.context)
        self.assertEqual((quiet.out.strip(), quiet.err), (self.registry.manifest("quiet", "1")[1], ""))
        for line in self.slipway("build", "--progress=rawjson", "--push", "-t", name, self.context).err.splitlines():
            json.loads(line)

    def test_base_layers_are_mounted(self):
        base = self.publish_base(files=[("etc", "base" * 10000)])
        self.write("app", "x")
        self.dockerfile(f"FROM {base}", "COPY app /app")
        result = self.slipway("build", "--push", "-t", f"{self.registry.name}/app:1", self.context)
        self.assertIn("1 mounted", result.err)
        self.assertIn("2 blobs sent", result.err)

    def test_index(self):
        manifests = []
        for platform in ("linux/amd64", "linux/arm64"):
            layout = self.make_layout(platform.replace("/", "-"), "COPY f /f", files=[("f", platform)],
                                      options=["--platform", platform, "-t", f"{self.registry.name}/multi:1"])
            manifests.append((layout, json.loads((layout / "index.json").read_text())["manifests"][0]))
        both = self.plain / "both"
        shutil.copytree(manifests[0][0], both)
        shutil.copytree(manifests[1][0], both, dirs_exist_ok=True)
        index = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                            "manifests": [entry for _, entry in manifests]}).encode()
        digest = self.add_blob(both, index)
        (both / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [
            {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": len(index)}]}))
        name = f"{self.registry.name}/multi:2"
        self.slipway("push", "--all-platforms", "-t", name, f"oci:{both}")
        self.assertEqual(self.registry.manifest("multi", "2")[1], digest)
        self.assertEqual([entry["platform"]["architecture"] for entry in self.inspect(name)["manifests"]],
                         ["amd64", "arm64"])
        self.slipway("pull", "--all-platforms", name)
        self.slipway("push", "--all-platforms", "-t", f"{self.registry.name}/again:1", name)
        self.assertEqual(self.registry.manifest("again", "1")[1], digest)

    @staticmethod
    def add_blob(layout, content):
        digits = hashlib.sha256(content).hexdigest()
        (layout / "blobs/sha256" / digits).write_bytes(content)
        return f"sha256:{digits}"

    def test_broken_upload_begins_anew(self):
        """This registry forgets uploads that broke."""
        proxy = self.proxy("cut", "cut", matches=lambda method, path: method in ("PUT", "PATCH") and "/uploads/" in path)
        digest = self.build_tagged(f"{proxy.name}/app:1")
        self.slipway("push", f"{proxy.name}/app:1")
        self.assertEqual(self.registry.manifest("app", "1")[1], digest)
        self.assertEqual(proxy.injected, ["cut", "cut"])

    def test_broken_upload_goes_on(self):
        server = registries.ResumableRegistry(0.5, 0.25, 0)
        self.addCleanup(server.close)
        self.write("app", random.Random(1).randbytes(2_000_000))
        self.dockerfile("FROM scratch", "COPY app /app")
        digest = self.slipway("build", "-q", "--push", "-t", f"{server.name}/app:1", self.context).out.strip()
        self.assertEqual(f"sha256:{hashlib.sha256(server.manifests['1']).hexdigest()}", digest)
        layer = json.loads(server.manifests["1"])["layers"][0]
        self.assertEqual(len(server.blobs[layer["digest"]]), layer["size"])
        ranges = [range for method, _, range in server.requests if method == "PATCH"]
        begins = [int(range.partition("-")[0]) for range in ranges]
        self.assertEqual(begins[0], layer["size"] // 2)
        self.assertEqual(len(begins), 3)
        self.assertEqual(begins[1], begins[2])

    def test_too_large_in_one_piece(self):
        proxy = self.proxy("too_large", "too_large", matches=lambda method, path: method == "PUT" and "/uploads/" in path)
        self.write("big", bytes(range(256)) * (150 << 10))  # more than two chunks
        self.dockerfile("FROM scratch", "COPY big /big")
        digest = self.slipway("build", "-q", "--push", "--compression", "none", "-t", f"{proxy.name}/app:1",
                              self.context).out.strip()
        self.assertEqual(self.registry.manifest("app", "1")[1], digest)
        self.assertGreaterEqual([method for method, _ in proxy.requests].count("PATCH"), 3)

    def test_damaged_blob_is_not_pushed(self):
        name = f"{self.registry.name}/app:1"
        self.build_tagged(name, options=["-o", f"oci:{self.plain / 'layout'}"])
        manifest, _ = self.image(self.plain / "layout")
        blob = self.plain / "layout/blobs/sha256" / manifest["layers"][0]["digest"].partition(":")[2]
        content = bytearray(blob.read_bytes())
        content[-1] ^= 1
        blob.unlink()
        blob.write_bytes(content)
        self.assertIn("its bytes have another digest", self.slipway("push", f"oci:{self.plain / 'layout'}", status=3).err)
        self.assertEqual(self.registry.get("/v2/app/manifests/1")[0], 404)

    def test_tokens_for_both_repositories(self):
        server = registries.TokenServer(self.registry)
        self.addCleanup(server.close)
        base = self.publish_base().replace(self.registry.name, server.name)
        process = subprocess.run([harness.tool(), "login", "-u", "user", "--password-stdin", server.name], input=b"secret",
                                 check=False, capture_output=True, env=self.environment())
        self.assertEqual(process.returncode, 0, process.stderr)
        self.dockerfile(f"FROM {base}", "LABEL a=b")
        result = self.slipway("build", "--push", "-t", f"{server.name}/app:1", self.context)
        self.assertIn("1 mounted", result.err)
        asked = server.token_requests[-1][1]
        self.assertLessEqual({"repository:app:pull,push", "repository:base:pull"}, set(asked))

    def test_names_without_a_registry(self):
        self.build_tagged("app:1", options=["-o", f"oci:{self.plain / 'layout'}"])
        layout = self.make_layout("nameless", "COPY f /f", files=[("f", "")])
        self.assertIn("the image has no name", self.slipway("push", f"oci:{layout}", status=2).err)
        self.assertIn("no image of that name in the store", self.slipway("push", "none:1", status=3).err)


class PullAndList(registry_test.RegistryTest):
    def test_pull(self):
        base = self.publish_base()
        _, digest = self.registry.manifest("base", "1")
        self.assertEqual(self.slipway("pull", base).out, digest + "\n")
        self.assertIn(digest[7:19], self.slipway("images").out)
        self.registry.close()
        self.assertIn("BASE=1", self.slipway("inspect", base).out)
        self.slipway("save", base, "-o", self.work / "saved.tar")

    def test_pull_again_moves_the_tag(self):
        base = self.publish_base()
        first = self.slipway("pull", base).out
        self.publish_base(files=[("etc", "other")])
        self.assertNotEqual(self.slipway("pull", f"docker://{base}").out, first)
        self.dockerfile(f"FROM {base}")
        built = self.slipway("build", "-q", self.context).out
        self.publish_base(files=[("etc", "third")])
        self.assertEqual(self.slipway("build", "-q", self.context).out, built)
        self.assertNotEqual(self.slipway("build", "-q", "--pull", self.context).out, built)
        self.assertNotEqual(self.slipway("build", "-q", self.context).out, built)

    def test_images_of_registries_by_name_everywhere(self):
        base = self.publish_base()
        self.assertIn("BASE=1", self.slipway("inspect", f"docker://{base}").out)
        self.assertIn("COPY", self.slipway("history", f"docker://{base}").out)

    def test_tags(self):
        layout = self.make_layout("base", "COPY f /f", files=[("f", "")])
        for number in range(3):
            self.publish(layout, f"base:{number}")
        self.assertEqual(self.slipway("ls", f"{self.registry.name}/base").out, "0\n1\n2\n")
        self.assertEqual(json.loads(self.slipway("ls", "--json", f"docker://{self.registry.name}/base").out),
                         ["0", "1", "2"])
        paging = registries.PagingServer(self.registry, 1)
        self.addCleanup(paging.close)
        self.assertEqual(self.slipway("ls", f"{paging.name}/base").out, "0\n1\n2\n")
        self.assertIn("there is no list of tags in", self.slipway("ls", f"{self.registry.name}/none", status=5).err)


if __name__ == "__main__":
    harness.main()
