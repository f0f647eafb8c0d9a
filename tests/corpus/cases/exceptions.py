"""The cases that cannot pass, each with its reason."""

# Recorded from buildah; BuildKit looks for exceptions below an excluded directory
# unless each begins with a plain path, and so do we.
BELOW_EXCLUDED = "buildah and the old builder do not look below an excluded directory for '!**/...'"

EXCEPTIONS = {
    "bh-conf-dockerignore-exceptions-skip": BELOW_EXCLUDED,
    "bh-conf-dockerignore-exceptions-weirdness-1": BELOW_EXCLUDED,
    "bh-conf-dockerignore-exclude-deep-subdir-dot-2": BELOW_EXCLUDED,
    "bh-conf-dockerignore-exclude-deep-subdir-star-2": BELOW_EXCLUDED,
    "bh-conf-dockerignore-exclude-kind-of-deep-subdir-dot": BELOW_EXCLUDED,
    "bh-conf-dockerignore-exclude-kind-of-deep-subdir-star": BELOW_EXCLUDED,
    "ka-expose": "buildah 1.28 loses 83/tcp where 83/udp is there already",
}
# Of the cases without RUN.
LIMIT = 0.02
