#!/bin/sh
# Builds slipway, builds examples/hello with an image of it, and runs the program
# from inside that image. Works from any directory and as often as you like; what
# is made lies in build/. Missing Debian packages are installed.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
out=$root/build/quickstart
logs=$out/logs
. "$root/tests/support/packages.sh"

require_packages "$root/tests/packages.txt" build run

say "building slipway"
quietly "$logs/configure-slipway" cmake -S "$root" --preset release -DSLIPWAY_TESTS=OFF
quietly "$logs/build-slipway" cmake --build "$root/build/release"
quietly "$logs/install-slipway" cmake --install "$root/build/release" --prefix "$out/slipway"

say "building examples/hello and its image"
export SLIPWAY_STORE="$out/store"
quietly "$logs/configure-hello" cmake -S "$root/examples/hello" -B "$out/hello" -G Ninja \
  -DCMAKE_BUILD_TYPE=Release "-DCMAKE_PREFIX_PATH=$out/slipway"
quietly "$logs/build-hello" cmake --build "$out/hello" --target hello_image

say "running it inside its image"
exec cmake --build "$out/hello" --target hello_image_run -- --quiet
