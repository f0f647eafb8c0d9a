"""The cases that cannot pass, each with its reason."""

# Recorded from buildah; BuildKit looks for exceptions below an excluded directory
# unless each begins with a plain path, and so do we.
BELOW_EXCLUDED = "buildah and the old builder do not look below an excluded directory for '!**/...'"

EXCEPTIONS = {
    "bh-bud-onbuild-01": "what the source sees in the image built on this one, which is onbuild-02",
    "ka-expose": "buildah 1.28 loses 83/tcp where 83/udp is there already",
}
# Of all cases that are built.
LIMIT = 0.02


def reason_for(case):
    """Why the case need not pass; None for those that must."""
    if case.kind == "buildah" and any(_looks_anywhere(line) for line in case.ignore_lines()):
        return BELOW_EXCLUDED
    return EXCEPTIONS.get(case.name)


def _looks_anywhere(line):
    """An exception that does not begin with a plain path."""
    return line.startswith("!") and any(sign in line.partition("/")[0] for sign in "*?[")
