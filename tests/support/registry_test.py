"""What the tests against a registry share."""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import urllib.request

import harness
import registries

MODULE = pathlib.Path(__file__).resolve().parents[2] / "cmake/Slipway.cmake"


class RegistryTest(harness.ToolTest):
    """A registry of the test's own, and a home without credentials."""

    settings = {}

    def setUp(self):
        super().setUp()
        self.need("docker-registry", "skopeo")
        self.home = self.work / "home"
        self.home.mkdir()
        # FROM takes no quotes, and skopeo no spaces in some places.
        self.plain = pathlib.Path(tempfile.mkdtemp(prefix="slipway-registry-"))
        self.addCleanup(self._remove, self.plain)
        self.registry = registries.Registry(self.plain / "registry", **self.settings)
        self.addCleanup(self.registry.close)

    def environment(self, **changes):
        kept = {name: value for name, value in os.environ.items()
                if name not in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")}
        return {**kept, "HOME": str(self.home), "SLIPWAY_STORE": str(self.store), **changes}

    def make_layout(self, name, *lines, files=(), options=()):
        """Build an image from scratch into a layout; its path."""
        context = self.work / f"{name} context"
        context.mkdir(exist_ok=True)
        for path, content in files:
            (context / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        (context / "Dockerfile").write_text("\n".join(["FROM scratch", *lines]) + "\n")
        layout = self.plain / name
        self.slipway("build", "-q", *options, "--output", f"oci:{layout}", context,
                     env={"SLIPWAY_STORE": str(self.work / "store of bases")})
        return layout

    def skopeo(self, *words):
        # Without a folder of the user's own it looks into one that may be root's.
        done = subprocess.run(["skopeo", *map(str, words)], check=False, capture_output=True,
                              env=self.environment(XDG_RUNTIME_DIR=str(self.home)))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def publish(self, layout, name, *options):
        """Push a layout by skopeo; the full name."""
        full = f"{self.registry.name}/{name}"
        self.skopeo("copy", "--dest-tls-verify=false", *options, f"oci:{layout}", f"docker://{full}")
        return full

    def put_manifest(self, name, document):
        """Put a manifest or index under a tag; its full name."""
        repository, _, tag = name.rpartition(":")
        url = f"http://{self.registry.name}/v2/{repository}/manifests/{tag}"
        request = urllib.request.Request(url, json.dumps(document).encode(), {"Content-Type": document["mediaType"]},
                                         method="PUT")
        urllib.request.urlopen(request, timeout=30).close()
        return f"{self.registry.name}/{name}"

    def publish_index(self, name, *platforms):
        """An image with the file /f for each platform, and an index of them; its full name."""
        manifests = []
        for platform in platforms:
            plain = platform.replace("/", "-")
            layout = self.make_layout(plain, "COPY f /f", files=[("f", platform)], options=["--platform", platform])
            self.publish(layout, f"{name.rpartition(':')[0]}:{plain}")
            entry = json.loads((layout / "index.json").read_text())["manifests"][0]
            entry.pop("annotations", None)
            manifests.append(entry)
        return self.put_manifest(name, {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                                        "manifests": manifests})

    def publish_base(self, name="base:1", *lines, files=(("etc", "base\n"),)):
        """An image with a file /etc and BASE=1 in its environment; its full name."""
        layout = self.make_layout("base", "COPY etc /base/etc", "ENV BASE=1", *lines, files=files)
        return self.publish(layout, name)

    def stored_blobs(self):
        return {path.name for path in (self.store / "blobs/sha256").iterdir()}

    def assert_sound_store(self):
        """Every blob has the digest that its name says, and nothing is left of downloads."""
        for path in (self.store / "blobs/sha256").iterdir():
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
        self.assertEqual(list((self.store / "tmp").iterdir()), [])

    def inspect(self, name):
        return json.loads(self.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}"))


class ProjectTest(RegistryTest):
    """CMake projects beside a registry."""

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
