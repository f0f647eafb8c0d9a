"""The builders that are compared, all driven the same way: prepare (not timed),
build (timed)."""

import os
import pathlib
import shutil
import signal
import subprocess
import time


class Timing:
    """Wall-clock seconds of one command, and the largest process below it."""

    launcher = None  # the program `floor`, built from floor.c

    def __init__(self, argv, cwd=None, env=None):
        peak = self.launcher.with_suffix(".peak")
        start = time.monotonic()
        child = subprocess.run([self.launcher, "peak", peak, *argv], cwd=cwd, check=False,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env={**os.environ, **(env or {})})
        self.seconds = time.monotonic() - start
        if child.returncode != 0:
            raise RuntimeError(f"{argv}: {child.stderr.decode(errors='replace')}")
        self.peak_mib = int(peak.read_text()) / 1024


def version(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()[0]


class Engine:
    """One builder with a folder of its own."""

    name = ""
    runs_commands = True

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def version(self):
        raise NotImplementedError

    def forget(self):
        """Drop every cache, so that the next build is cold."""
        raise NotImplementedError

    def load(self, archive, name):
        """Take an image out of a docker archive."""
        raise NotImplementedError

    def prepare(self, context):
        """What is done once a project, before builds: configuring."""

    def build(self, context):
        raise NotImplementedError

    def close(self):
        """End what was started for this engine."""


class Slipway(Engine):
    """The parts that the drivers of slipway share."""

    tool = "slipway"

    def _environment(self):
        return {"SLIPWAY_STORE": str(self.folder / "store")}

    def version(self):
        return version(self.tool, "--version")

    def forget(self):
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def load(self, archive, name):
        subprocess.run([self.tool, "load", "-i", archive, "-t", name], check=True, capture_output=True,
                       env={**os.environ, **self._environment()})

    def run(self, name, *argv):
        return Timing([self.tool, "run", name, *argv], env=self._environment())


class SlipwayBuild(Slipway):
    name = "slipway build"

    def build(self, context):
        return Timing([self.tool, "build", "-o", f"oci:{self.folder / 'image'}", context],
                      env=self._environment())


class SlipwayNinja(Slipway):
    name = "slipway, ninja"

    def prepare(self, context):
        plan = subprocess.run([self.tool, "plan", "-f", context / "Dockerfile", "--emit", "ninja",
                               context], check=True, capture_output=True, cwd=self.folder,
                              env={**os.environ, **self._environment()})
        (self.folder / "build.ninja").write_bytes(plan.stdout)

    def build(self, context):
        return Timing(["ninja"], cwd=self.folder, env=self._environment())


class SlipwayCMake(Slipway):
    """add_container_image() with the context's folders as layers."""

    name = "slipway, cmake --build"
    prefix = None
    runs_commands = False  # it is given no Dockerfile

    def prepare(self, context):
        folders = sorted(path for path in context.iterdir() if path.is_dir())
        groups = "".join(f'\n  DIRECTORY "{path}" DESTINATION /' for path in folders)
        source = self.folder / "source"
        source.mkdir(exist_ok=True)
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(bench LANGUAGES NONE)\n"
            f"find_package(Slipway REQUIRED)\nadd_container_image(image{groups}\n  FROM scratch)\n")
        subprocess.run(["cmake", "-S", source, "-B", self.folder / "build", "-G", "Ninja",
                        f"-DCMAKE_PREFIX_PATH={self.prefix}"], check=True, capture_output=True,
                       env={**os.environ, **self._environment()})

    def build(self, context):
        return Timing(["cmake", "--build", self.folder / "build", "--target", "image"],
                      env=self._environment())


class Buildah(Engine):
    name = "buildah bud --layers"
    flags = os.environ.get("BUILDAH_FLAGS", "").split()  # what this machine needs, e.g. --isolation chroot

    def __init__(self, folder):
        super().__init__(folder)
        self._global = ["buildah", "--root", self.folder / "root", "--runroot", self.folder / "run"]

    def version(self):
        return version("buildah", "--version")

    def forget(self):
        subprocess.run([*self._global, "rmi", "-a", "-f"], check=True, capture_output=True)

    def load(self, archive, name):
        pulled = subprocess.run([*self._global, "pull", "-q", f"docker-archive:{archive}"], check=True, capture_output=True,
                                text=True).stdout.split()[-1]
        subprocess.run([*self._global, "tag", pulled, name], check=True, capture_output=True)

    def build(self, context):
        return Timing([*self._global, "bud", "--layers", *self.flags, "-t", "bench", context])

    def close(self):
        """Its storage stays mounted, and so could not be removed."""
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            places = [line.split()[1] for line in mounts]
        for place in sorted(places, reverse=True):
            if place.startswith(f"{self.folder}/"):
                subprocess.run(["umount", place], check=False, capture_output=True)


class Podman(Buildah):
    """Runs containers; building is buildah's."""

    name = "podman run"
    flags = os.environ.get("PODMAN_FLAGS", "").split()  # before "run", e.g. --runtime runc
    run_flags = os.environ.get("PODMAN_RUN_FLAGS", "").split()

    def __init__(self, folder):
        super().__init__(folder)
        self._global[0] = "podman"
        self._global += self.flags

    def version(self):
        return version("podman", "--version")

    def run(self, name, *argv):
        return Timing([*self._global, "run", "--rm", "--network", "host", *self.run_flags, name, *argv])


class Docker(Engine):
    """Debian's or anyone's dockerd, started for the benchmark with a data root and
    a socket of its own."""

    name = "docker build (BuildKit)"
    client = "/usr/bin/docker"

    def __init__(self, folder):
        super().__init__(folder)
        self._socket = f"unix://{self.folder}/docker.sock"
        self._log = open(self.folder / "log", "wb")
        self._daemon = subprocess.Popen(
            ["dockerd", "--host", self._socket, "--data-root", self.folder / "data",
             "--exec-root", self.folder / "exec", "--pidfile", self.folder / "pid",
             "--storage-driver", "overlay2", "--iptables=false", "--ip6tables=false",
             "--bridge=none"], stdout=self._log, stderr=self._log)
        self._wait_until_ready()

    def _wait_until_ready(self):
        for _ in range(200):
            if self._daemon.poll() is not None:
                break
            if subprocess.run([self.client, "-H", self._socket, "info"], check=False,
                              capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        self.close()
        raise RuntimeError(f"dockerd does not run here: see {self.folder / 'log'}")

    def version(self):
        return version(self.client, "-H", self._socket, "version", "--format",
                       "docker {{.Server.Version}}")

    def forget(self):
        for what in ("builder", "image"):
            subprocess.run([self.client, "-H", self._socket, what, "prune", "-a", "-f"], check=True,
                           capture_output=True)

    def load(self, archive, name):
        subprocess.run([self.client, "-H", self._socket, "load", "-q", "-i", archive], check=True, capture_output=True)

    def run(self, name, *argv):
        return Timing([self.client, "-H", self._socket, "run", "--rm", "--network", "host", name, *argv])

    def build(self, context):
        return Timing([self.client, "-H", self._socket, "build", "--network", "host", "-q", "-t",
                       "bench", context], env={"DOCKER_BUILDKIT": "1"})

    def close(self):
        if self._daemon.poll() is None:
            self._daemon.send_signal(signal.SIGTERM)
            self._daemon.wait()
        self._log.close()


def available(folder, slipway, prefix):
    """Every engine that works on this machine; the others are named with the reason."""
    Slipway.tool = slipway
    SlipwayCMake.prefix = prefix
    kinds = [SlipwayBuild, SlipwayNinja] + ([SlipwayCMake] if prefix else [])
    engines = [kind(folder / f"engine{number}") for number, kind in enumerate(kinds)]
    for kind in (Buildah, Docker):
        program = "buildah" if kind is Buildah else "dockerd"
        if shutil.which(program) is None:
            print(f"without {kind.name}: {program} is not installed")
            continue
        try:
            engines.append(kind(folder / kind.__name__.lower()))
        except (OSError, RuntimeError) as error:
            print(f"without {kind.name}: {error}")
    return engines
