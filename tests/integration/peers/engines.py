"""The builders that we are compared with, each as a class: start, build a case,
and give all results at the end in one docker archive or several."""

import concurrent.futures
import json
import os
import pathlib
import select
import shutil
import subprocess
import tarfile

import image_files

TIMEOUT = 300


class Unable(Exception):
    """Why a builder cannot be asked here."""


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Unable(f"{program} is not installed")


def run(argv, **how):
    """(exit status, what it printed)."""
    process = subprocess.run([os.fspath(word) for word in argv], check=False, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, **how)
    return process.returncode, process.stdout.decode("utf-8", "replace")


def must(argv, **how):
    status, text = run(argv, **how)
    if status != 0:
        raise Unable(f"{' '.join(map(str, argv[:2]))}: {text.strip()[-300:]}")
    return text


def read_archive(path):
    """{tag: (tree, config)} of a docker archive."""
    found = {}
    with tarfile.open(path) as archive:
        for image in json.load(archive.extractfile("manifest.json")):
            tree = image_files.Tree()
            for layer in image["Layers"]:
                member = archive.getmember(layer)
                if member.issym():
                    member = archive.getmember(os.path.normpath(
                        os.path.join(os.path.dirname(layer), member.linkname)))
                tree.add_layer(archive.extractfile(member))
            config = json.load(archive.extractfile(image["Config"]))
            for tag in image["RepoTags"] or []:
                found[tag.rpartition("/")[2].partition(":")[0]] = (tree, config)
    return found


class Buildah:
    name = "buildah"

    def __init__(self, work, base_archive, base_name):
        need("buildah")
        self.work = pathlib.Path(work)
        self.buildah = ["buildah", "--root", self.work / "root", "--runroot", self.work / "runroot",
                        "--storage-driver", "vfs"]
        (self.work / "archives").mkdir()
        pulled = must([*self.buildah, "pull", "-q", f"docker-archive:{base_archive}"]).split()[-1]
        must([*self.buildah, "tag", pulled, base_name])

    def build(self, case, context):
        return run([*self.buildah, "bud", "--isolation", "chroot", "--format", "docker",
                    "--pull-never", "-t", case.name, *case.options, context])

    def results(self, names):
        def saved(name):
            archive = self.work / "archives" / f"{name}.tar"
            must([*self.buildah, "push", "-q", name, f"docker-archive:{archive}:{name}:latest"])
            return archive

        found = {}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for archive in pool.map(saved, names):
                found.update(read_archive(archive))
        return found

    def stop(self):
        pass


class BuildKit:
    """The one inside dockerd, with a socket and a data root of its own."""

    name = "buildkit"

    def __init__(self, work, base_archive, base_name):
        need("dockerd", "/usr/bin/docker")
        if os.geteuid() != 0:
            raise Unable("only root can run dockerd")
        self.work = pathlib.Path(work)
        self.daemon = None
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{self.work}/docker.sock",
                            "DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(self.work / "config")}
        try:
            self._start()
            must(["/usr/bin/docker", "load", "-q", "-i", base_archive], env=self.environment)
        except BaseException:
            self.stop()
            raise

    def _start(self):
        """Its log says when it listens, or the daemon ends and its pipe with it."""
        self.daemon = subprocess.Popen(
            ["dockerd", "-H", f"unix://{self.work}/docker.sock", "--data-root", self.work / "data",
             "--exec-root", self.work / "exec", "--pidfile", self.work / "pid", "--storage-driver",
             "overlay2", "--iptables=false", "--ip6tables=false", "--bridge=none"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        log = b""
        while b"API listen on" not in log:
            ready, _, _ = select.select([self.daemon.stderr], [], [], 60)
            part = os.read(self.daemon.stderr.fileno(), 1 << 16) if ready else b""
            if not part:
                raise Unable(f"dockerd does not start here: {log.decode('utf-8', 'replace')[-300:]}")
            log += part
        # Nobody reads the log any more, so it must not fill its pipe.
        self.drain = subprocess.Popen(["cat"], stdin=self.daemon.stderr, stdout=subprocess.DEVNULL)

    def build(self, case, context):
        return run(["/usr/bin/docker", "build", "--network", "host", "-q", "-t", case.name,
                    *case.options, context], env=self.environment)

    def results(self, names):
        archive = self.work / "all.tar"
        must(["/usr/bin/docker", "save", "-o", archive, *names], env=self.environment)
        return read_archive(archive)

    def stop(self):
        if self.daemon is None:
            return
        self.daemon.terminate()
        self.daemon.wait(timeout=60)
        if hasattr(self, "drain"):
            self.drain.wait(timeout=60)
        # A daemon that was killed leaves its mounts.
        mounts = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
        for mount in reversed([path for path in mounts if path.startswith(str(self.work))]):
            subprocess.run(["umount", "-l", mount], check=False)
