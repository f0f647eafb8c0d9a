# Images of several directories that stand on each other, and words of one call that
# must not be those of another.
. "$SOURCE/tests/integration/lib.sh"
need skopeo
fresh_copy neighbours
config_of() { skopeo inspect --config "oci:$WORK/build/$1.container/image" | python3 -c "
import json, sys
config = json.load(sys.stdin)['config']
print(*[config.get(key) for key in sys.argv[1:]])" ExposedPorts Volumes StopSignal Cmd; }

for generator in Ninja "Unix Makefiles"; do
  rm -rf "$WORK/build"
  configure "$WORK/build" -G "$generator" "-DSlipway_EXECUTABLE=$SLIPWAY"
  quietly cmake --build "$WORK/build" --parallel 2 --target b_image on_a static_image
  expect "what another image says" "$(config_of y/b_image)" "None None None None"
  expect "what an image says" "$(config_of x/A_image)" "{'80/tcp': {}} {'/data': {}} SIGINT ['--port', '80']"
  expect "the base of a static program" "$(grep '^FROM' "$WORK/build/y/static_image.container/context/Dockerfile")" \
    "FROM scratch"
  expect "a destination with an expression" "$(cat "$WORK/build/x/A_image.container/context/"*/conf.txt)" one
  grep -q '"/etc/Release/"' "$WORK/build/x/A_image.container/context/Dockerfile" || fail "the destination is another"

  before=$(cat "$WORK/build/y/on_a.container/image.digest")
  echo two >"$WORK/build/x/conf.txt"
  quietly cmake --build "$WORK/build" --target on_a
  [ "$(cat "$WORK/build/y/on_a.container/image.digest")" != "$before" ] || fail "$generator: what stands on it is stale"
  quietly cmake --build "$WORK/build" --target A_image_archive
done
(cd "$WORK/build" && ctest -V -R '^words$') >"$WORK/log" 2>&1 || {
  cat "$WORK/log" >&2
  fail "the test in the image failed"
}
grep -q '<a;b><c><><x y><f> x;y' "$WORK/log" || fail "the words are others: $(cat "$WORK/log")"
