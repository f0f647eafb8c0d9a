"""The cases that need not pass, each with its reason."""

import os
import pathlib
import stat

CPP = "buildah runs cpp over a file named *.in"
EMPTY_RUN = "BuildKit runs the shell with an empty command, which succeeds"

# Recorded from another peer, where BuildKit does something else, as we do.
DIFFERS = {
    "bh-bud-with_FROM_AS_skip_FROM_construct-01": "buildah's progress shows ENV lines, too",
    "bh-conf-multistage-copyback": "buildah 1.28 keeps what is written to a bind mount; BuildKit does not",
}
# Of all cases that are built, how many may be such.
LIMIT = 0.02

# What an ordinary user without subordinate ids cannot have.
OF_ROOT = {
    "bh-bud-build_test_has_gid_in_supplemental_groups-01": "the kernel knows one group, and /proc says so",
}

ALL_CAPABILITIES = 0x3FFFFFFFFF


def difference(case):
    """Why another result than the recorded one is right; None for most cases."""
    if case.kind == "buildah" and case.expect["dockerfile"].endswith(".in"):
        return CPP
    if any("-c requires an argument" in check["value"] for check in case.expect.get("error_checks", [])):
        return EMPTY_RUN
    return DIFFERS.get(case.name)


def unsupported(case):
    """Why this machine, or this user, cannot have the result; None for most cases."""
    if case.name == "bk-runsecurity-RunSecurityInsecure-granted-01" and not _root_has_all_capabilities():
        return "the machine gives its own root fewer capabilities than the case looks for"
    if os.geteuid() == 0:
        return None
    if any(not int(entry.get("mode", "0644"), 8) & stat.S_IRUSR for entry in case.expect["context"]
           if entry["type"] == "file"):
        return "only root can read a file that its owner may not"
    return OF_ROOT.get(case.name)


def _root_has_all_capabilities():
    if os.geteuid() != 0:
        return True  # in a user namespace root has them
    status = pathlib.Path("/proc/self/status").read_text()
    bounding = int(status.partition("CapBnd:")[2].split()[0], 16)
    return bounding & ALL_CAPABILITIES == ALL_CAPABILITIES
