"""The cases that need not pass, each with its reason."""

import os
import pathlib

# Recorded from buildah; BuildKit looks for exceptions below an excluded directory
# unless each begins with a plain path, and so do we.
BELOW_EXCLUDED = "buildah and the old builder do not look below an excluded directory for '!**/...'"
VOLUME = "what is written to a volume stays, and VOLUME makes no directory, as in BuildKit"
CPP = "buildah runs cpp over a file named *.in"
EMPTY_RUN = "BuildKit runs the shell with an empty command, which succeeds"
BASE_NAME = "buildah annotates the manifest with the base's name"

# Recorded from another peer, where BuildKit does something else, as we do.
DIFFERS = {
    "bh-bud-build_with_additional_build_context_and_RUN_mount_from_addit-01": "BuildKit refuses a mount's option 'z'",
    "bh-bud-build_with_inline_platform_and_variant-01": "BuildKit writes linux/arm64 for linux/arm64/v8",
    "bh-bud-multistage_reused-01": BASE_NAME,
    "bh-bud-multistage_reused-02": BASE_NAME,
    "bh-bud-with_CMD_and_empty_RUN-01": EMPTY_RUN,
    "bh-bud-with_Containerfile_in_cpp_flag-01": CPP,
    "bh-bud-with_Containerfile_in_via_envariable-01": CPP,
    "bh-bud-with_ENTRYPOINT_CMD_and_empty_RUN-01": EMPTY_RUN,
    "bh-bud-with_ENTRYPOINT_and_empty_RUN-01": EMPTY_RUN,
    "bh-bud-with_FROM_AS_skip_FROM_construct-01": "buildah's progress shows ENV lines, too",
    "bh-bud-with_multiple_symlink_pointing_to_itself-01": VOLUME,
    "bh-bud-with_multiple_symlinks_in_a_path-01": VOLUME,
    "bh-bud-with_run_should_not_leave_mounts_behind_cleanup_test-01": CPP,
    "bh-bud-with_symlink_Dockerfile_not_specified_in_file-01": VOLUME,
    "bh-bud-with_symlinks-01": VOLUME,
    "bh-bud-with_symlinks_to_relative_path-01": VOLUME,
    "bh-conf-chown-volume": VOLUME,
    "bh-conf-multistage-copyback": "buildah 1.28 keeps what is written to a bind mount; BuildKit does not",
    "bh-conf-tar-g": "buildah makes /tmp for its own use",
    "bh-conf-volumerun": VOLUME,
    "ka-expose": "buildah 1.28 loses 83/tcp where 83/udp is there already",
    "ka-volume": VOLUME,
    "ka-volume_2": VOLUME,
}

# What the stand-in cannot do.
UNSUPPORTED = {
    "bh-conf-header-builtin": "needs the C libraries of two architectures, and readelf",
    "bh-conf-quoted_and_inherited_arg": "needs bash's own printf",
    "bk-outline-OutlineArgs-01": "an outline leaves out ARGs that only other ARGs use",
    "bk-outline-OutlineSecrets-01": "an outline expands no variables in a mount's id",
}
# Of the cases that are built, how many may be unsupported.
LIMIT = 0.02

# What an ordinary user without subordinate ids cannot have.
OF_ROOT = {
    "bh-bud-build_test_has_gid_in_supplemental_groups-01": "the kernel knows one group, and /proc says so",
    "bh-bud-with_chown_add-01": "`run` gives all files to the one id",
    "bh-bud-with_chown_copy-01": "`run` gives all files to the one id",
    "bh-conf-dockerignore-exclude-plain-dot": "only root can read the case's ignore file",
    "bh-conf-dockerignore-exclude-plain-dot-2": "only root can read the case's ignore file",
}

ALL_CAPABILITIES = 0x3FFFFFFFFF


def difference(case):
    """Why another result than the recorded one is right; None for most cases."""
    if case.kind == "buildah" and any(_looks_anywhere(line) for line in case.ignore_lines()):
        return BELOW_EXCLUDED
    if case.name == "bk-runsecurity-RunSecurityInsecure-granted-01" and not _root_has_all_capabilities():
        return "the machine gives its own root fewer capabilities than the case looks for"
    if os.geteuid() != 0 and case.name in OF_ROOT:
        return OF_ROOT[case.name]
    return DIFFERS.get(case.name)


def _root_has_all_capabilities():
    if os.geteuid() != 0:
        return True  # in a user namespace root has them
    status = pathlib.Path("/proc/self/status").read_text()
    bounding = int(status.partition("CapBnd:")[2].split()[0], 16)
    return bounding & ALL_CAPABILITIES == ALL_CAPABILITIES


def _looks_anywhere(line):
    """An exception that does not begin with a plain path."""
    return line.startswith("!") and any(sign in line.partition("/")[0] for sign in "*?[")
