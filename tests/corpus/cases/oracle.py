"""Where a recorded tree may be left: what peers do otherwise than BuildKit.

The trees were recorded by buildah 1.28. Its way of handling volumes is an option of
ours, which these cases are built with; for the rest as little as possible is left
uncompared.
"""

import fnmatch


class Oracle:
    def __init__(self, case):
        self.case = case
        self.recorded = {entry["path"] for entry in case.expect.get("tree", [])}
        self.ignore_lines = case.ignore_lines()

    def may_have_mode(self, node):
        """Peers differ in the mode of a directory that .dockerignore excludes, and
        that is there for a re-included child."""
        modes = {int(entry["mode"], 8) for entry in self.case.expect["context"]
                 if entry["type"] == "dir" and "mode" in entry}
        return node.type == "dir" and self._is_filtered() and (node.mode in modes or node.mode == 0o755)

    def may_lack(self, path):
        """buildah makes /tmp for its own use, and the source knows."""
        return path == "/tmp" and "(dir):tmp:mtime" in self.case.expect.get("source_fs_skip", [])

    def may_have(self, path, ours):
        """What is recorded lies in it, or `ours`, all changes, has it for an exception."""
        if any(other.startswith(path + "/") for other in self.recorded):
            return True
        return any(self._is_taken_in(other) for other in ours
                   if f"{other}/".startswith(f"{path}/") or path.startswith(other + "/"))

    def _is_filtered(self):
        return any("dockerignore" in entry["path"] or "containerignore" in entry["path"]
                   for entry in self.case.expect["context"] + self.case.expect.get("dockerfile_dir", []))

    def _is_taken_in(self, path):
        """By an exception like "!**/name": BuildKit looks for what it names in
        excluded directories too, buildah and the old builder do not."""
        names = [line.rstrip("/").rpartition("/")[2] for line in self.ignore_lines if _looks_anywhere(line)]
        return any(fnmatch.fnmatchcase(path.rpartition("/")[2], name.lstrip("!")) for name in names)


def _looks_anywhere(line):
    """An exception that does not begin with a plain path."""
    return line.startswith("!") and any(sign in line.partition("/")[0] for sign in "*?[")


def same_ports(recorded, ours):
    """buildah 1.28 has one port of a number, whatever its protocols."""
    numbers = {port.partition("/")[0] for port in recorded or {}}
    return set(recorded or {}) <= set(ours or {}) and numbers == {port.partition("/")[0] for port in ours or {}}
