"""What the tests against a registry share."""

import json
import os
import pathlib
import subprocess
import tempfile

import harness
import registries


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
        done = subprocess.run(["skopeo", *map(str, words)], check=False, capture_output=True, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def publish(self, layout, name, *options):
        """Push a layout by skopeo; the full name."""
        full = f"{self.registry.name}/{name}"
        self.skopeo("copy", "--dest-tls-verify=false", *options, f"oci:{layout}", f"docker://{full}")
        return full

    def publish_base(self, name="base:1", *lines, files=(("etc", "base\n"),)):
        """An image with a file /etc and BASE=1 in its environment; its full name."""
        layout = self.make_layout("base", "COPY etc /base/etc", "ENV BASE=1", *lines, files=files)
        return self.publish(layout, name)

    def stored_blobs(self):
        return {path.name for path in (self.store / "blobs/sha256").iterdir()}

    def assert_sound_store(self):
        """Every blob has the digest that its name says, and nothing is left of downloads."""
        import hashlib
        for path in (self.store / "blobs/sha256").iterdir():
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
        self.assertEqual(list((self.store / "tmp").iterdir()), [])

    def inspect(self, name):
        return json.loads(self.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}"))
