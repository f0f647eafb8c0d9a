#!/usr/bin/env python3
"""A toolchain image of this machine's own Debian packages, as an OCI layout.

    toolchain.py LAYOUT [PACKAGE...]

The packages (by default a C++ compiler, CMake and Ninja) and all that they need
make one uncompressed layer. What maintainer scripts would make is not there, but
for the symlinks of a merged /usr. Ends with 77 where the packages are not installed."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

PACKAGES = ("g++", "cmake", "ninja-build", "dash", "coreutils")
LEFT_OUT = re.compile(r"/usr/share/(doc|man|info|locale|lintian|bug)/|/usr/share/cmake-[^/]*/Help/")
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
TEXTS = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n"}


class Skip(Exception):
    """The image cannot be made here; says why."""


def installed():
    """For each package, real or provided: its own name and what it depends on."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\t${Provides}\n"],
                            check=True, capture_output=True, text=True).stdout
    found = {}
    for line in listed.splitlines():
        name, depends, provides = line.split("\t")
        needs = [[re.match(r"[^ :(]*", word.strip()).group() for word in part.split("|")]
                 for part in depends.split(",") if part.strip()]
        found[name] = (name, needs)
        for word in provides.split(","):
            found.setdefault(re.match(r"[^ :(]*", word.strip()).group(), (name, needs))
    return found


def closure(wanted):
    if shutil.which("dpkg-query") is None:
        raise Skip("this is no Debian")
    known = installed()
    missing = [name for name in wanted if name not in known]
    if missing:
        raise Skip("not installed: " + ", ".join(missing))
    names, todo = set(), list(wanted)
    while todo:
        name, needs = known[todo.pop()]
        if name in names:
            continue
        names.add(name)
        todo += [next((word for word in words if word in known), None) or words[0] for words in needs
                 if any(word in known for word in words)]
    return sorted(names)


def files_of(packages):
    listed = subprocess.run(["dpkg-query", "-L", *packages], check=True, capture_output=True, text=True).stdout
    paths = set()
    for path in listed.splitlines():
        if not path.startswith("/") or LEFT_OUT.match(path + "/") or LEFT_OUT.match(path):
            continue
        first = path.split("/")[1]
        paths.add("/usr" + path if first in MERGED else path)
    return sorted(path for path in paths if os.path.lexists(path))


def write_layer(paths, out):
    with tarfile.open(out, "w:", format=tarfile.PAX_FORMAT) as archive:
        def add(member, source=None):
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = int(member.mtime)
            archive.addfile(member, source)
        for name in MERGED:
            if os.path.islink("/" + name):
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, "usr/" + name
                add(link)
        for name in ("tmp", "root", "proc", "sys", "dev", "run", "var/tmp"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name.endswith("tmp") else 0o755
            add(folder)
        for name, text in TEXTS.items():
            path = pathlib.Path(out).with_suffix(".text")
            path.write_text(text)
            with open(path, "rb") as source:
                add(archive.gettarinfo(path, name), source)
            path.unlink()
        for path in paths:
            if path.lstrip("/") in ("tmp", "root", "proc", "sys", "dev", "run", "var/tmp") or path == "/.":
                continue
            member = archive.gettarinfo(path, path.lstrip("/"))
            if member is None or not os.access(path, os.R_OK) and not member.issym():
                continue
            if member.isreg() or member.islnk():
                member.type, member.size = tarfile.REGTYPE, os.stat(path).st_size
                with open(path, "rb") as source:
                    add(member, source)
            else:
                add(member)


def architecture():
    name = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    return {"i386": "386", "armhf": "arm"}.get(name, name)


def put(blobs, content):
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"digest": "sha256:" + digest, "size": len(content)}


def make(layout, packages=PACKAGES):
    layout = pathlib.Path(layout)
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    layer = layout / "layer.tar"
    write_layer(files_of(closure(packages)), layer)
    with open(layer, "rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
            hashlib.sha256(source.read()).hexdigest()
    size = layer.stat().st_size
    layer.rename(blobs / digest)
    oci = "application/vnd.oci.image."
    config = put(blobs, json.dumps({
        "architecture": architecture(), "os": "linux",
        "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
        "history": [{"created_by": "Debian packages"}]}).encode())
    manifest = put(blobs, json.dumps({
        "schemaVersion": 2, "mediaType": oci + "manifest.v1+json",
        "config": {"mediaType": oci + "config.v1+json", **config},
        "layers": [{"mediaType": oci + "layer.v1.tar", "digest": "sha256:" + digest, "size": size}]}).encode())
    (layout / "index.json").write_text(json.dumps({
        "schemaVersion": 2, "manifests": [{"mediaType": oci + "manifest.v1+json", **manifest}]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def main():
    try:
        make(sys.argv[1], sys.argv[2:] or PACKAGES)
    except Skip as reason:
        print(reason)
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
