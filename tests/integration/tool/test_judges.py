"""Programs that are not ours accept the images, and see in them what is there."""

import json
import pathlib
import re
import shutil
import stat
import tempfile

import dockerd
import harness

HELLO = '#include <stdio.h>\nint main(void) { puts("hello from inside"); return 0; }\n'


class Judges(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.work.chmod(0o755)
        self.write("hello.c", HELLO)
        self.run_command("cc", "-static", "-o", self.context / "hello", self.context / "hello.c")
        self.write("data/one", "1\n")
        self.write("data/deep/two", "2\n", 0o600)
        (self.context / "data/link").symlink_to("deep/two")
        self.dockerfile("FROM scratch", "ENV GREETING=hi", "LABEL a=b", "WORKDIR /srv/x",
                        "COPY --chown=7:8 data /data/", "COPY --chmod=755 hello /bin/hello",
                        "EXPOSE 80/tcp", "USER 1000", "VOLUME /data", "STOPSIGNAL SIGINT",
                        'ENTRYPOINT ["/bin/hello"]', 'CMD ["x"]')

    def podman(self, *argv, **how):
        self.need("podman")
        storage = ["--root", self.work / "podman", "--runroot", self.work / "podman run",
                   "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
                   "--events-backend", "none"]
        return self.run_command("podman", *storage, *argv, **how)

    def buildah(self, *argv, **how):
        self.need("buildah")
        return self.run_command("buildah", "--root", self.work / "buildah", "--runroot",
                                self.work / "buildah run", "--storage-driver", "vfs", *argv, **how)

    # Formats

    def test_skopeo_inspect(self):
        self.need("skopeo")
        digest = self.build()
        seen = json.loads(self.run_command("skopeo", "inspect", f"oci:{self.work / 'image'}").out)
        self.assertEqual(seen["Digest"], digest)
        self.assertEqual(seen["Labels"], {"a": "b"})
        self.assertEqual(len(seen["Layers"]), 3)

    def test_skopeo_copies_with_each_compression_and_format(self):
        self.need("skopeo")
        for number, options in enumerate([["--compression", "zstd"], ["--compression", "none"],
                                          ["--format", "docker"]]):
            self.build(f"image{number}", options=options)
            self.image(self.work / f"image{number}")
            self.run_command("skopeo", "copy", f"oci:{self.work / f'image{number}'}",
                             f"dir:{self.work / f'copy{number}'}")

    def test_umoci_unpack(self):
        self.need("umoci")
        self.build(options=["-t", "app:latest"])
        tag = json.loads((self.work / "image/index.json").read_text())["manifests"][0][
            "annotations"]["org.opencontainers.image.ref.name"]
        self.run_command("umoci", "unpack", "--rootless", "--image", f"{self.work / 'image'}:{tag}",
                         self.work / "bundle")
        root = self.work / "bundle/rootfs"
        self.assertEqual((root / "data/one").read_text(), "1\n")
        self.assertEqual(stat.S_IMODE((root / "data/deep/two").stat().st_mode), 0o600)
        self.assertEqual(str((root / "data/link").readlink()), "deep/two")
        self.assertEqual(stat.S_IMODE((root / "srv/x").stat().st_mode), 0o755)

    # Engines

    def run_by_podman(self, image):
        result = self.podman("run", "--rm", "--network=none", "--ulimit=nofile=1024:1024",
                             "--ulimit=nproc=1024:1024", image, status=None)
        if result.status != 0 and "hello" not in result.out:
            # An engine that cannot run anything here judges nothing.
            self.skipTest(f"podman does not run containers here: {result.err.strip()[-200:]}")
        self.assertEqual(result.out, "hello from inside\n")

    def test_podman_load_oci_archive(self):
        self.need("podman")
        self.build(options=["-t", "localhost/app:1"])
        self.slipway("save", "-o", self.work / "app.tar", "--format", "oci-archive",
                     f"oci:{self.work / 'image'}")
        loaded = self.podman("load", "-i", self.work / "app.tar").out
        self.run_by_podman(re.search(r"Loaded image: (\S+)", loaded)[1])

    def test_podman_load_docker_archive(self):
        self.need("podman")
        self.build(options=["-t", "localhost/app:1"])
        self.slipway("save", "-o", self.work / "app.tar", "--format", "docker-archive",
                     f"oci:{self.work / 'image'}")
        loaded = self.podman("load", "-i", self.work / "app.tar").out
        self.assertIn("localhost/app:1", loaded)
        self.run_by_podman("localhost/app:1")

    def test_docker_load(self):
        self.build(options=["-t", "app:1"])
        try:
            engine = dockerd.Dockerd(tempfile.mkdtemp(prefix="docker-", dir="/tmp"))
        except dockerd.Unable as why:
            self.skipTest(str(why))
        self.addCleanup(self._remove, engine.work)
        self.addCleanup(engine.stop)
        for compression in ("gzip", "zstd", "none"):
            self.slipway("build", "-t", f"app:{compression}", "--compression", compression,
                         "-o", f"docker-archive:{self.work / 'app.tar'}", self.context)
            loaded = self.run_command(dockerd.DOCKER, "load", "-i", self.work / "app.tar",
                                      env=engine.environment).out
            self.assertIn(f"app:{compression}", loaded)
        result = self.run_command(dockerd.DOCKER, "run", "--rm", "--network", "none", "app:zstd",
                                  env=engine.environment, status=None)
        if result.status == 125:
            self.skipTest(f"docker does not run containers here: {result.err.strip()[-200:]}")
        self.assertEqual(result.out, "hello from inside\n")

    def test_slipway_run(self):
        self.build()
        result = self.slipway("run", "--rm", f"oci:{self.work / 'image'}", status=None)
        if result.status == 125:
            self.assertIn("hint:", result.err)
            self.skipTest(f"this kernel refuses: {result.err.strip()}")
        self.assertEqual((result.status, result.out), (0, "hello from inside\n"))

    # The same filesystem and configuration as another builder makes

    def rootfs(self, layout):
        """Path, kind, mode and content of everything, as umoci unpacks it."""
        bundle = self.work / f"bundle of {pathlib.Path(layout).name}"
        tag = json.loads((pathlib.Path(layout) / "index.json").read_text())["manifests"][0][
            "annotations"]["org.opencontainers.image.ref.name"]
        self.run_command("umoci", "unpack", *([] if harness.is_root() else ["--rootless"]), "--image",
                         f"{layout}:{tag}", bundle)
        found = {}
        for path in sorted((bundle / "rootfs").rglob("*")):
            status = path.lstat()
            content = (str(path.readlink()) if path.is_symlink() else
                       path.read_bytes() if path.is_file() else None)
            owner = (status.st_uid, status.st_gid) if harness.is_root() else None
            found[str(path.relative_to(bundle / "rootfs"))] = (stat.filemode(status.st_mode), owner,
                                                               content)
        shutil.rmtree(bundle)
        return found

    def test_same_as_buildah(self):
        self.need("umoci", "buildah")
        self.build(options=["-t", "app:1"])
        self.buildah("bud", "--isolation", "chroot", "--format", "docker", "-t", "app:1", self.context)
        self.buildah("push", "--format", "oci", "app:1", f"oci:{self.work / 'theirs'}:app")
        self.assertEqual(self.rootfs(self.work / "image"), self.rootfs(self.work / "theirs"))
        _, ours = self.image(self.work / "image")
        _, theirs = self.image(self.work / "theirs")
        labels = theirs["config"]["Labels"]
        labels.pop("io.buildah.version", None)
        for key in ("Env", "Entrypoint", "Cmd", "User", "WorkingDir", "Labels", "ExposedPorts",
                    "Volumes", "StopSignal"):
            self.assertEqual(ours["config"].get(key), theirs["config"].get(key), key)


if __name__ == "__main__":
    harness.main()
