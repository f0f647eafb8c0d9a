#!/bin/sh
# Builds everything in build/ and runs every test: the tool with ASan, UBSan and
# -Werror for the unit tests, and as users get it for the integration tests.
# Prints CTest's closing line; skipped tests are named with their reason. Missing
# Debian packages are installed. With SLIPWAY_TEST_MUST_RUN=1 a skip is a failure.
#   usage: tests/run.sh [ctest arguments, e.g. -R layer]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
logs=$root/build/logs
. "$root/tests/support/packages.sh"

require_packages "$root/tests/packages.txt" build run test

say "building the tool as users get it"
quietly "$logs/configure-release" cmake -S "$root" --preset release -DSLIPWAY_TESTS=OFF
quietly "$logs/build-release" cmake --build "$root/build/release"

say "building the tool and the tests with sanitizers"
quietly "$logs/configure-dev" cmake -S "$root" --preset dev \
  "-DSLIPWAY_TEST_BUILD=$root/build/release"
quietly "$logs/build-dev" cmake --build "$root/build/dev"

say "running the tests"
# Twice as many as cores: half of a test is waiting for others.
if ! ctest --test-dir "$root/build/dev" "-j$((2 * $(nproc)))" --output-on-failure "$@" >"$logs/ctest" 2>&1; then
  cat -- "$logs/ctest"
  exit 1
fi
awk '/^[0-9]+\/[0-9]+ Testing: / { sub(/^.* Testing: /, ""); name = $0 }
     /^skipped: / { print name ": " $0 }' "$root/build/dev/Testing/Temporary/LastTest.log"
grep -e ' tests passed' -- "$logs/ctest"
