"""Row 8: an image to a registry on this machine and back, by slipway and skopeo, both
from and into layers that are compressed already."""

import http.client
import itertools
import os
import pathlib
import shutil
import time

import engines
import registries


class Slipway(engines.Slipway):
    name = "slipway"

    def push(self, layout, reference):
        return engines.Timing([self.tool, "push", "-t", reference, f"oci:{layout}"], env=self._environment())

    def pull(self, reference):
        return engines.Timing([self.tool, "pull", reference], env=self._environment())


class Skopeo(engines.Engine):
    name = "skopeo copy"

    def version(self):
        return engines.version("skopeo", "--version")

    def forget(self):
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def push(self, layout, reference):
        return engines.Timing(["skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", f"oci:{layout}",
                               f"docker://{reference}"])

    def pull(self, reference):
        return engines.Timing(["skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", f"docker://{reference}",
                               f"oci:{self.folder / 'image'}"])


def available(folder):
    """slipway, and skopeo where it is installed; docker-registry is needed."""
    if shutil.which("docker-registry") is None:
        print("without row 8: docker-registry is not installed")
        return []
    kinds = [Slipway]
    if shutil.which("skopeo"):
        kinds.append(Skopeo)
    else:
        print("without skopeo: it is not installed")
    return [kind(folder / f"transfers-{kind.__name__.lower()}") for kind in kinds]


def measure(all_engines, layout, work, rounds):
    """Timings of pushes and of pulls, by engine. Each push is to a registry that has
    nothing yet, each pull by somebody who has nothing."""
    pushes = {engine.name: [] for engine in all_engines}
    pulls = {engine.name: [] for engine in all_engines}
    for number, engine in itertools.product(range(rounds), all_engines):
        folder = pathlib.Path(work) / f"registry-{number}"
        registry = registries.Registry(folder)
        try:
            reference = f"{registry.name}/bench:1"
            engine.forget()
            pushes[engine.name].append(engine.push(layout, reference))
            engine.forget()
            pulls[engine.name].append(engine.pull(reference))
        finally:
            registry.close()
            shutil.rmtree(folder)
    return pushes, pulls


def send(layout, work):
    """Seconds that a registry takes for the layout's blobs where sending them costs
    next to nothing."""
    folder = pathlib.Path(work) / "registry-alone"
    registry = registries.Registry(folder)
    try:
        start = time.monotonic()
        for path in blobs(layout):
            _put(registry, path)
        return time.monotonic() - start
    finally:
        registry.close()
        shutil.rmtree(folder)


def _put(registry, path):
    connection = http.client.HTTPConnection("127.0.0.1", registry.port)
    connection.request("POST", "/v2/bench/blobs/uploads/")
    place = connection.getresponse()
    place.read()
    url = f"{place.headers['Location']}&digest=sha256:{os.path.basename(path)}"
    connection.putrequest("PUT", url)
    connection.putheader("Content-Length", str(os.path.getsize(path)))
    connection.endheaders()
    with open(path, "rb") as file:
        connection.sock.sendfile(file)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 201:
        raise RuntimeError(f"the registry answered {answer.status}")
    connection.close()


def blobs(layout):
    """The files of the layout's content."""
    return sorted(os.fspath(path) for path in (pathlib.Path(layout) / "blobs/sha256").iterdir())
