# Two folders, two times, two umasks and, as root, two users: one digest.
. "$SOURCE/tests/integration/lib.sh"
fresh_copy three
chmod -R a+rX "$WORK"

umask 022
SLIPWAY_STORE=$WORK/store configure "$WORK/build" -G Ninja "-DSlipway_EXECUTABLE=$SLIPWAY"
edges "$WORK/build" >/dev/null
digest=$(cat "$WORK/build/app/app_image.container/image.digest")

second=$WORK/another-folder/with-a-longer-name
mkdir -p "$second"
cp -R "$WORK/src" "$second/src"
find "$second/src" -type f -exec touch -d '2001-02-03' {} +
chmod -R go= "$second/src"
build_second="umask 077 && export SLIPWAY_STORE='$second/store' &&
  cmake -S '$second/src' -B '$second/build' -G Ninja -DCMAKE_BUILD_TYPE=Release '-DSLIPWAY_SOURCE=$SOURCE' \
    '-DSlipway_EXECUTABLE=$SLIPWAY' && cmake --build '$second/build'"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  cp "$SLIPWAY" "$second/slipway"
  build_second=$(printf '%s' "$build_second" | sed "s|-DSlipway_EXECUTABLE=$SLIPWAY|-DSlipway_EXECUTABLE=$second/slipway|")
  chown -R 65534:65534 "$second"
  setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$WORK" || skip "nobody cannot reach $WORK"
  quietly setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$second" sh -c "$build_second"
else
  quietly sh -c "$build_second"
fi
# Where they differ, say in which layer and file.
for part in build "$second/build"; do
  cd "$WORK" && cd "$part/app/app_image.container"
  { tail -n +2 -- stage/*.stamp; tail -n 1 -- steps/*.layer; cat steps/image.step; } >"$WORK/$(basename "$(dirname "$(dirname "$(dirname "$PWD")")")").made"
done
cmp -s "$WORK/reproducible.made" "$WORK/with-a-longer-name.made" ||
  diff "$WORK/reproducible.made" "$WORK/with-a-longer-name.made" >&2 || true
expect "the second digest" "$(cat "$second/build/app/app_image.container/image.digest")" "$digest"
