"""Images in the stores of other engines: docker's and podman's."""

import json
import os
import stat

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


if __name__ == "__main__":
    harness.main()
