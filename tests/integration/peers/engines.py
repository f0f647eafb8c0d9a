"""The builders that we are compared with, each as a class: start, build a case,
and give all results at the end in one docker archive or several."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import tarfile

import dockerd
import image_files
from dockerd import Unable

TIMEOUT = 300


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
    """The one inside dockerd."""

    name = "buildkit"

    def __init__(self, work, base_archive, base_name):
        self.work = pathlib.Path(work)
        self.engine = dockerd.Dockerd(work)
        self.environment = self.engine.environment
        try:
            must([dockerd.DOCKER, "load", "-q", "-i", base_archive], env=self.environment)
        except BaseException:
            self.stop()
            raise

    def build(self, case, context):
        return run([dockerd.DOCKER, "build", "--network", "host", "-q", "-t", case.name,
                    *case.options, context], env=self.environment)

    def results(self, names):
        archive = self.work / "all.tar"
        must([dockerd.DOCKER, "save", "-o", archive, *names], env=self.environment)
        return read_archive(archive)

    def stop(self):
        self.engine.stop()
