# The tool as a part of the project: built once at configure time, for this machine,
# in one visible line, whatever flags and toolchain the project has.
. "$SOURCE/tests/integration/lib.sh"
fresh_copy three
launcher=
! command -v ccache >/dev/null || launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
# A toolchain for another machine, whose flags no compiler takes.
cat >"$WORK/toolchain.cmake" <<'T'
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_SYSROOT /nowhere)
set(CMAKE_CXX_COMPILER /usr/bin/c++)
set(CMAKE_CXX_COMPILER_FORCED ON)
set(CMAKE_CXX_FLAGS_INIT "--no-such-flag")
T
configure_cross() {
  CC=no-such-compiler CXX=no-such-compiler cmake -S "$WORK/src" -B "$WORK/build" -G "Ninja Multi-Config" $launcher \
    "-DSLIPWAY_SOURCE=$SOURCE" "-DCMAKE_TOOLCHAIN_FILE=$WORK/toolchain.cmake" >"$WORK/out" 2>"$WORK/err" || {
    cat "$WORK/out" "$WORK/err" >&2
    fail "configure failed"
  }
}
configure_cross
expect "the lines about the tool" "$(grep -c 'container tool' "$WORK/out")" 2
expect "stderr" "$(cat "$WORK/err")" ""
"$WORK/build/slipway-tool/slipway" --version >/dev/null || fail "the tool does not run here"
grep -q -- '--platform=linux/arm64' "$WORK/build/app/CMakeFiles/app_image.container/edges.cmake" ||
  fail "the image is not for the project's platform"

configure_cross
expect "the lines of a second configuration" "$(grep -c 'container tool' "$WORK/out" || true)" 0
