"""Makes the folders of a case from the lists in its expect.json: the files lie in
the corpus, their kinds, modes, owners, times and links in the lists alone."""

import os
import pathlib
import shutil
import socket


def make_folder(entries, stored, folder):
    """Fill `folder` with `entries`, the contents of files from `stored`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Hard links and sockets need what the others make; modes of directories come
    # last, for one that cannot be written must first be filled.
    late = [entry for entry in entries if entry["type"] == "hardlink"]
    for entry in entries:
        if entry["type"] != "hardlink":
            _make(entry, pathlib.Path(stored), folder / entry["path"])
    for entry in late:
        os.link(folder / entry["target"], _with_parent(folder / entry["path"]),
                follow_symlinks=False)
    for entry in sorted(entries, key=lambda entry: -len(entry["path"])):
        _dress(entry, folder / entry["path"])


def _with_parent(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _make(entry, stored, path):
    kind = entry["type"]
    if kind == "dir":
        path.mkdir(parents=True, exist_ok=True)
        return
    _with_parent(path)
    if kind == "file":
        shutil.copyfile(stored / entry["path"], path)
    elif kind == "symlink":
        path.symlink_to(entry["target"])
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        _make_socket(path)
    else:
        raise ValueError(f"unknown type '{kind}' of '{entry['path']}'")


def _make_socket(path):
    """Bound by a short relative name: an address has room for 107 bytes only."""
    parent = os.open(path.parent, os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{parent}/{path.name}")
    finally:
        os.close(parent)


def _dress(entry, path):
    """Owner first, for a change of owner takes set-user-ID bits away."""
    if os.geteuid() == 0 and ("uid" in entry or "gid" in entry):
        os.chown(path, entry.get("uid", 0), entry.get("gid", 0), follow_symlinks=False)
    if entry["type"] not in ("symlink", "hardlink") and "mode" in entry:
        os.chmod(path, int(entry["mode"], 8))
    for name, value in entry.get("xattrs", {}).items():
        try:
            os.setxattr(path, name, value.encode(), follow_symlinks=False)
        except OSError:
            pass  # a file system without them: COPY leaves them out in any case
    if "mtime" in entry:
        os.utime(path, (entry["mtime"], entry["mtime"]), follow_symlinks=False)
