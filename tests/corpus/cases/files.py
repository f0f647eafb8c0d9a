"""Checks on the files of the result, and the tree as a folder to run commands on."""

import base64
import os
import pathlib
import re
import subprocess


def file_mistakes(checks, tree):
    return [wrong for check in checks for wrong in _file_mistakes(check, tree)]


def _file_mistakes(check, tree):
    path = check["path"]
    follow = check.get("type") != "symlink" and "target" not in check
    node = tree.find(path, follow) or tree.find(path, follow=False)
    if node is None:
        return [f"{path} is not there"]
    found = []

    def compare(key, seen):
        if key in check and check[key] != seen:
            found.append(f"{path}: {key} {check[key]!r}, not {seen!r:.300}")

    # A socket of a context becomes an empty file.
    compare("type", node.type)
    for key in ("uid", "gid", "target"):
        compare(key, getattr(node, key))
    compare("size", len(node.content))
    if "mode" in check and int(check["mode"], 8) != node.mode:
        found.append(f"{path}: mode {check['mode']}, not {node.mode:04o}")
    text = node.content.decode("utf-8", "replace")
    link = tree.find(path, follow=False)
    if link.type != "symlink" or check.get("content") != link.target:
        compare("content", text)  # the content of a symlink is, in some sources, its target
    if "content_base64" in check and base64.b64decode(check["content_base64"]) != node.content:
        found.append(f"{path}: other content")
    if "content_trimmed" in check and check["content_trimmed"].strip() != text.strip():
        found.append(f"{path}: content {text!r:.300}")
    if len(node.content) < check.get("min_size", 0):
        found.append(f"{path}: {len(node.content)} bytes")
    found += [f"{path} lacks {part!r}" for part in check.get("contains", []) if part not in text]
    found += [f"{path} has {part!r}" for part in check.get("not_contains", []) if part in text]
    return found


def tree_mistakes(expect, tree, base, oracle):
    """Compares with the recorded tree: what differs from the base, and what is gone."""
    recorded = {entry["path"]: entry for entry in expect["tree"]}
    # Contents that a RUN wrote, and its own traces, depend on the base.
    loose = expect.get("needs_run", False)
    ours = tree.changes_from(base)
    found = [f"{path} is not there" for path in recorded
             if path not in tree.nodes and not oracle.may_lack(path)]
    found += [f"{path} is there, and should not be" for path in ours
              if path not in recorded and not oracle.may_have(path, ours)]
    for path, entry in recorded.items():
        if path in tree.nodes:
            found += _entry_mistakes(path, entry, tree.nodes[path], oracle, loose)
    gone = tree.gone_from(base)
    wanted = sorted(item if isinstance(item, str) else item["path"]
                    for item in expect.get("tree_removed", []))
    if gone != wanted:
        found.append(f"gone from the base: {gone}, not {wanted}")
    return found


def _entry_mistakes(path, entry, node, oracle, loose):
    found = []
    if entry["type"] != node.type:
        return [f"{path}: a {node.type}, not a {entry['type']}"]
    if "mode" in entry and node.type != "symlink" and int(entry["mode"], 8) != node.mode:
        if not oracle.may_have_mode(node):
            found.append(f"{path}: mode {node.mode:04o}, not {entry['mode']}")
    for key in ("uid", "gid", "target"):
        if key in entry and entry[key] != getattr(node, key):
            found.append(f"{path}: {key} {getattr(node, key)!r}, not {entry[key]!r}")
    if node.type == "file" and not loose:
        if "size" in entry and entry["size"] != len(node.content):
            found.append(f"{path}: {len(node.content)} bytes, not {entry['size']}")
        if "content" in entry and entry["content"].encode() != node.content:
            found.append(f"{path}: content {node.content!r:.200}, not {entry['content']!r:.200}")
    return found


def write_tree(tree, folder):
    """The image's files as a folder, owners left out."""
    folder = pathlib.Path(folder)
    folder.mkdir()
    first = {}
    for path in sorted(tree.nodes):
        node, place = tree.nodes[path], folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if node in first:
            os.link(first[node], place)
            continue
        first[node] = place
        if node.type == "dir":
            place.mkdir(exist_ok=True)
        elif node.type == "symlink":
            place.symlink_to(node.target)
        else:
            place.write_bytes(node.content)
            place.chmod(node.mode)
    return folder


def run_in_folder(words, root):
    """Run a command of the source on `root`; absolute paths are taken as inside it."""
    placed = [re.sub(r"^/?@MNT:.*@", str(root), word) for word in words]
    placed = [placed[0]] + [f"{root}{word}" if word.startswith("/") and not word.startswith(str(root))
                            else word for word in placed[1:]]
    process = subprocess.run(placed, check=False, capture_output=True, timeout=60)
    text = (process.stdout + process.stderr).decode("utf-8", "replace")
    return process.returncode, text.replace(str(root), "")
