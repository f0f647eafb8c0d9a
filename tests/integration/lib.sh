# Shared by the integration tests. SLIPWAY is the tool, SOURCE this repository,
# PREFIX where it is installed, WORK this test's own folder.
set -eu
here=$SOURCE/tests/integration
export SLIPWAY_STORE

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# skip <reason>: or a failure, where nothing may be skipped.
skip() {
  [ -z "${SLIPWAY_TEST_MUST_RUN:-}" ] || fail "must run, but: $*"
  printf 'skipped: %s\n' "$*"
  exit 77
}

need() {
  for program; do
    command -v "$program" >/dev/null || skip "there is no $program"
  done
}

# expect <what> <actual> <expected>
expect() {
  [ "$2" = "$3" ] || fail "$1: expected
$3
but got
$2"
}

# A fresh copy of a project in $WORK/src, so that tests may edit it.
fresh_copy() {
  rm -rf "$WORK"
  mkdir -p "$WORK"
  cp -R "$here/$1" "$WORK/src"
}

# quietly <command>...: its output only when it fails.
quietly() {
  "$@" >"$WORK/log" 2>&1 || {
    cat "$WORK/log" >&2
    fail "failed: $*"
  }
}

# configure <build folder> [<option>...]
configure() {
  build=$1
  shift
  quietly cmake -S "$WORK/src" -B "$build" -DCMAKE_BUILD_TYPE=Release "-DSLIPWAY_SOURCE=$SOURCE" "$@"
}

# The edges that a build runs, one a line, in order of their names.
edges() {
  cmake --build "$@" >"$WORK/log" 2>&1 || {
    cat "$WORK/log" >&2
    fail "failed: cmake --build $*"
  }
  sed -n 's/^\[ *[0-9/%]*\] //p' "$WORK/log" | grep -v '^Built target' | sort || true
}

# run_image <layout>: the output of its program. podman is not ours; it takes the
# path for a name, in which there are no capital letters.
run_image() {
  need podman runc
  # Podman refuses a run root of more than 50 characters.
  short=$(mktemp -d /tmp/slipway-XXXXXX)
  link=/tmp/slipway-test-$$
  ln -sfn "$1" "$link"
  output=$(podman --runtime runc --cgroup-manager cgroupfs --root "$WORK/podman-${short##*-}" --runroot "$short" \
    --storage-driver vfs run --quiet --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 \
    "oci:$link" 2>&1) || output="$output (exit code $?)"
  rm -rf -- "$link" "$short"
  # What podman thinks of the machine is not the program's.
  printf '%s\n' "$output" | grep -v '^time=.* level=warning ' || true
}
