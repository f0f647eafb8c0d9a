"""Reads an image of an OCI layout, without any code of the product: its documents,
and the files that its layers leave, by the rules of the image-spec."""

import gzip
import io
import json
import pathlib
import posixpath
import subprocess
import tarfile
from dataclasses import dataclass, field

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
XATTR = "SCHILY.xattr."
# More links than this on one way are a circle.
MAX_LINKS = 40

KINDS = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "dir",
         tarfile.SYMTYPE: "symlink", tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "char",
         tarfile.BLKTYPE: "block"}


@dataclass(eq=False)
class Node:
    """A file of an image. Two names of one file have one Node."""

    type: str
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    mtime: float = 0
    target: str = ""
    content: bytes = b""
    xattrs: dict = field(default_factory=dict)
    names: int = 1

    def facts(self):
        """What two builders of one Dockerfile must agree on; no times."""
        mode = None if self.type == "symlink" else self.mode
        return (self.type, mode, self.uid, self.gid, self.target, self.content)


class Tree:
    """The files of an image by absolute path; "/" itself is not among them."""

    def __init__(self):
        self.nodes = {}

    def add_layer(self, stream):
        """Lay a layer, an open tar, over what is there."""
        whole = io.BytesIO(stream.read())
        with tarfile.open(fileobj=whole, mode="r:") as archive:
            members = archive.getmembers()
            # Whiteouts speak of the layers beneath, wherever they stand in this one.
            for member in members:
                self._white_out(self._path(member.name))
            for member in members:
                self._add(member, archive)

    def find(self, path, follow=True):
        """The node of that path, symlinks on the way resolved within the image."""
        path = self.resolve(path, follow)
        return Node("dir") if path == "/" else self.nodes.get(path)

    def resolve(self, path, follow=True):
        """The path without symlinks; its last part is one only without `follow`."""
        todo = [part for part in path.split("/") if part][::-1]
        done, links = "/", 0
        while todo:
            part = todo.pop()
            if part == ".":
                continue
            if part == "..":
                done = posixpath.dirname(done)
                continue
            here = posixpath.join(done, part)
            node = self.nodes.get(here)
            if node is None or node.type != "symlink" or not (todo or follow):
                done = here
                continue
            links += 1
            if links > MAX_LINKS:
                return here
            todo += [step for step in node.target.split("/") if step][::-1]
            done = "/" if node.target.startswith("/") else done
        return done

    def changes_from(self, base):
        """Our nodes that are new or other than in `base`, by path."""
        return {path: node for path, node in self.nodes.items()
                if path not in base.nodes or base.nodes[path].facts() != node.facts()}

    def gone_from(self, base):
        return sorted(set(base.nodes) - set(self.nodes))

    @staticmethod
    def _path(name):
        return posixpath.normpath("/" + name.lstrip("/"))

    def _white_out(self, path):
        folder, name = posixpath.split(path)
        if name == OPAQUE:
            self._remove_below(folder)
        elif name.startswith(WHITEOUT):
            self._remove(posixpath.join(folder, name[len(WHITEOUT):]))

    def _remove_below(self, path):
        start = path.rstrip("/") + "/"
        for name in [name for name in self.nodes if name.startswith(start)]:
            self._forget(name)

    def _remove(self, path):
        self._remove_below(path)
        self._forget(path)

    def _forget(self, path):
        node = self.nodes.pop(path, None)
        if node is not None:
            node.names -= 1

    def _add(self, member, archive):
        path = self._path(member.name)
        if path == "/" or posixpath.basename(path).startswith(WHITEOUT):
            return
        folder = posixpath.dirname(path)
        if self.resolve(folder) != folder:
            raise ValueError(f"layer entry '{member.name}' goes through a symlink")
        node = self._node(member, archive)
        old = self.nodes.get(path)
        if node is old:
            return
        if node.type != "dir" or (old is not None and old.type != "dir"):
            self._remove(path)
        else:
            self._forget(path)
        self.nodes[path] = node

    def _node(self, member, archive):
        if member.islnk():
            node = self.nodes[self._path(member.linkname)]
            node.names += 1
            return node
        content = archive.extractfile(member).read() if member.isreg() else b""
        xattrs = {key[len(XATTR):]: value for key, value in member.pax_headers.items()
                  if key.startswith(XATTR)}
        return Node(KINDS[member.type], member.mode & 0o7777, member.uid, member.gid, member.mtime,
                    member.linkname if member.issym() else "", content, xattrs)


@dataclass
class Image:
    """One image of a layout."""

    descriptor: dict
    manifest: dict
    config: dict
    layout: pathlib.Path

    def tree(self):
        return self._tree_of(self.manifest["layers"])

    def layer_tree(self, number):
        """The files of one layer alone."""
        return self._tree_of([self.manifest["layers"][number]])

    def _tree_of(self, layers):
        tree = Tree()
        for layer in layers:
            with _open_layer(_blob(self.layout, layer), layer["mediaType"]) as stream:
                tree.add_layer(stream)
        return tree


def _blob(layout, descriptor):
    algorithm, _, encoded = descriptor["digest"].partition(":")
    return layout / "blobs" / algorithm / encoded


def _open_layer(path, media_type):
    if media_type.endswith("gzip"):
        return gzip.open(path)
    if media_type.endswith("zstd"):
        program = subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True)
        return io.BytesIO(program.stdout)
    return open(path, "rb")


def read_index(layout):
    """What index.json holds, or the only index that it leads to."""
    index = json.loads((pathlib.Path(layout) / "index.json").read_text())
    entries = {entry["digest"]: entry for entry in index["manifests"]}
    if len(entries) == 1:
        document = json.loads(_blob(layout, *entries.values()).read_text())
        if "manifests" in document:
            return document
    return index


def read_images(layout, index=None):
    """The images of a layout in its order, those of nested indexes too."""
    layout = pathlib.Path(layout)
    images = []
    for descriptor in (index or read_index(layout))["manifests"]:
        document = json.loads(_blob(layout, descriptor).read_text())
        if "manifests" in document:
            images += read_images(layout, document)
            continue
        config = json.loads(_blob(layout, document["config"]).read_text())
        images.append(Image(descriptor, document, config, layout))
    return images
