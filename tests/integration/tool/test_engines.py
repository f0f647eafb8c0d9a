"""Images in the stores of other engines: docker's and podman's."""

import json
import os
import stat
import tarfile
import tempfile

import dockerd
import harness

PROGRAM = """#!/bin/sh
# Keeps what it is to load, and gives it back.
case $1 in
load) cat > "$HOME/{engine}.tar" ;;
save) test "$4" = {name} || {{ echo "no such image: $4" >&2; exit 125; }}; cp "$HOME/{engine}.tar" "$3" ;;
esac
"""


class Engines(harness.ToolTest):
    """With stand-ins for the engines' programs, which need a service or rights."""

    SCHEMES = (("docker", "docker-daemon:"), ("podman", "containers-storage:"))

    def setUp(self):
        super().setUp()
        self.bin = self.work / "bin"
        self.bin.mkdir()
        for engine, _ in self.SCHEMES:
            program = self.bin / engine
            program.write_text(PROGRAM.format(engine=engine, name="app:1"))
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.write("data", "data\n")
        self.dockerfile("FROM scratch", "COPY data /data", "ENV A=1")
        self.slipway("build", "-t", "app:1", self.context)

    def environment(self, **changes):
        return super().environment(**{"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.work), **changes})

    def test_there_and_back(self):
        for engine, scheme in self.SCHEMES:
            self.slipway("copy", "app:1", f"{scheme}app:1", env=self.environment())
            self.slipway("copy", f"{scheme}app:1", f"oci:{self.work / engine}", env=self.environment())
            manifest, config = self.image(self.work / engine)
            self.assertEqual(config["config"]["Env"][-1], "A=1")
            self.assertEqual(self.names(manifest["layers"][0], self.work / engine), ["data"])

    def test_base(self):
        for engine, scheme in self.SCHEMES:
            self.slipway("copy", "app:1", f"{scheme}app:1", env=self.environment())
            self.dockerfile(f"FROM {scheme}app:1", "COPY data /more")
            self.slipway("build", "-o", f"oci:{self.work / engine}", self.context, env=self.environment())
            self.assertEqual(len(self.image(self.work / engine)[0]["layers"]), 2)
            inspected = json.loads(self.slipway("inspect", f"{scheme}app:1", env=self.environment()).out)
            self.assertEqual(inspected[0]["Config"]["Env"][-1], "A=1")

    def test_image_that_is_not_there(self):
        result = self.slipway("inspect", "docker-daemon:other:1", env=self.environment(), status=None)
        self.assertNotEqual(result.status, 0)
        self.assertIn("open image 'docker-daemon:other:1': 'docker save' exited with status 125: no such image: other:1",
                      result.err)
        self.assert_one_diagnostic(result)

    def test_no_engine(self):
        result = self.slipway("inspect", "docker-daemon:app:1", env=self.environment(PATH="/nowhere"), status=None)
        self.assertNotEqual(result.status, 0)
        self.assertIn("run 'docker': No such file or directory", result.err)


class MissingLayers(harness.ToolTest):
    """Docker gets the layers that it lacks."""

    COUNTING = """#!/bin/sh
if test "$1" = load; then tee "$COUNTED" | {docker} load; else exec {docker} "$@"; fi
"""

    def setUp(self):
        super().setUp()
        try:
            self.engine = dockerd.Dockerd(tempfile.mkdtemp(prefix="docker-", dir="/tmp"))
        except dockerd.Unable as why:
            self.skipTest(str(why))
        self.addCleanup(self._remove, self.engine.work)
        self.addCleanup(self.engine.stop)
        self.stand_in(self.COUNTING.format(docker=dockerd.DOCKER))

    def stand_in(self, program):
        self.bin = self.work / "bin"
        self.bin.mkdir(exist_ok=True)
        (self.bin / "docker").write_text(program)
        (self.bin / "docker").chmod(0o755)

    def layers_sent(self, *words):
        """How many layers docker was given for the image app:1."""
        counted = self.work / "counted.tar"
        counted.unlink(missing_ok=True)
        environment = {**self.engine.environment, "PATH": f"{self.bin}:{os.environ['PATH']}",
                       "SLIPWAY_STORE": str(self.store), "COUNTED": str(counted)}
        self.slipway(*words, env=environment)
        with tarfile.open(counted) as archive:
            return sum(name.endswith("layer.tar") for name in archive.getnames())

    def test_layers_beneath_are_there(self):
        for number, expected in (("1", 2), ("2", 1), ("2", 0)):
            self.write("data", f"data {number}\n")
            self.write("base", "base\n")
            self.dockerfile("FROM scratch", "COPY base /base", "COPY data /data")
            self.slipway("build", "-t", "app:1", self.context)
            self.assertEqual(self.layers_sent("load", "app:1", "--into", "docker"), expected)
            saved = self.work / "saved.tar"
            self.run_command(dockerd.DOCKER, "save", "-o", saved, "app:1", env=self.engine.environment)
            self.assertEqual(self.files_of(f"docker-archive:{saved}"), self.files_of("app:1"))

    def files_of(self, name):
        with tempfile.TemporaryDirectory() as layout:
            self.slipway("copy", name, f"oci:{layout}")
            return self.image(layout)[1]["rootfs"]

    def test_engine_that_wants_all(self):
        self.write("data", "data\n")
        self.dockerfile("FROM scratch", "COPY data /data")
        self.slipway("build", "-t", "app:1", self.context)
        self.assertEqual(self.layers_sent("load", "app:1", "--into", "docker"), 1)
        # The image store of containerd: it says what it has, and takes whole images only.
        self.stand_in(self.COUNTING.format(docker=dockerd.DOCKER).replace(
            "load; then", "load && ! test -e \"$COUNTED\"; then cat > \"$COUNTED\"; echo no >&2; exit 1; "
            "elif test \"$1\" = load; then"))
        self.assertEqual(self.layers_sent("load", "app:1", "--into", "docker"), 1)


if __name__ == "__main__":
    harness.main()
