# A Dockerfile of the project's own: its steps are edges, and its mistakes are told
# where they stand.
. "$SOURCE/tests/integration/lib.sh"
need podman runc
fresh_copy dockerfile
mkdir -p "$WORK/build/.cmake/api/v1/query"
touch "$WORK/build/.cmake/api/v1/query/codemodel-v2"
configure "$WORK/build" -G Ninja "-DSlipway_EXECUTABLE=$SLIPWAY"
expect "the targets in an IDE" "$(python3 -B "$SOURCE/tests/integration/file_api.py" "$WORK/build" greet_image | sort)" \
  "greet_image containers UTILITY Dockerfile
greet_image_archive containers UTILITY
greet_image_gate containers UTILITY
greet_image_load containers UTILITY
greet_image_push containers UTILITY
greet_image_run containers UTILITY
greet_image_verify containers UTILITY"
src=$WORK/src
layout=$WORK/build/greet_image.container/image
image_edges() {
  edges "$WORK/build" | grep -E '^(Staging|Writing|Planning|COPY|FROM|WORKDIR|Assembling)' || true
}

expect "the first build" "$(image_edges)" "Assembling image files_image
Assembling image greet_image
COPY --from=files /etc/motd.txt /etc/
COPY --from=greet usr/bin/ /usr/bin/
COPY --from=more extra.txt /usr/share/greet/
COPY data-1/ /etc/
COPY share /usr/share/greet/
FROM oci:$WORK/build/files_image.container/image
Planning image files_image
Planning image greet_image
Staging /etc/ of image files_image
Staging context greet of image greet_image
Writing the Dockerfile of image files_image"
expect "nothing changed" "$(edges "$WORK/build")" ""

need skopeo
config=$(skopeo inspect --config "oci:$layout")
for word in 'GREETING=hello' '"note": "two words; and more"' '"kind": "test"'; do
  case $config in *"$word"*) ;; *) fail "no $word in $config" ;; esac
done

# Each context, the ignore file and the Dockerfile rerun what reads them.
echo two >"$src/share/two.txt"
expect "an added file" "$(image_edges)" "Assembling image greet_image
COPY share /usr/share/greet/"
touch "$src/share/two.bak"
expect "an ignored file" "$(image_edges)" "COPY share /usr/share/greet/"
echo 'share/two.txt' >>"$src/.dockerignore"
expect "a file ignored now" "$(image_edges)" "Assembling image greet_image
COPY share /usr/share/greet/"
echo more >"$src/extra/extra.txt"
expect "a changed context" "$(image_edges)" "Assembling image greet_image
COPY --from=more extra.txt /usr/share/greet/"
echo night >"$src/motd.txt"
expect "a changed image" "$(image_edges)" "Assembling image files_image
Assembling image greet_image
COPY --from=files /etc/motd.txt /etc/
COPY data-1/ /etc/
FROM oci:$WORK/build/files_image.container/image
Staging /etc/ of image files_image"
echo '// nothing new' >>"$src/greet.cpp"
expect "a comment" "$(image_edges)" "Staging context greet of image greet_image"
sed 's/^ENTRYPOINT.*/STOPSIGNAL SIGINT\n&/' "$src/Dockerfile" >"$WORK/Dockerfile"
cp "$WORK/Dockerfile" "$src/Dockerfile"
expect "a changed Dockerfile" "$(image_edges)" "Assembling image greet_image
Planning image greet_image"
expect "nothing changed at last" "$(edges "$WORK/build")" ""

# The same image as the program makes it in one go.
"$SLIPWAY" build -q --target final --build-arg GREETING=hello --build-arg "NOTE=two words; and more" \
  --build-context "greet=$WORK/build/greet_image.container/context/greet" --build-context "more=$src/extra" \
  --build-context "files=oci-layout://$WORK/build/files_image.container/image" --label kind=test "$src" >"$WORK/digest"
expect "the digest of slipway build" "$(cat "$WORK/digest")" "$(cat "$WORK/build/greet_image.container/image.digest")"

# A mistake in the Dockerfile is told at its line, by the configure step.
echo 'COPPY share /' >>"$src/Dockerfile"
if cmake --build "$WORK/build" >"$WORK/log" 2>&1; then fail "built with a mistake"; fi
grep -q "Dockerfile:15:1: error: unknown instruction" "$WORK/log" || fail "the mistake is not told: $(cat "$WORK/log")"
cp "$WORK/Dockerfile" "$src/Dockerfile"
edges "$WORK/build" >/dev/null
expect "nothing changed after a mistake" "$(edges "$WORK/build")" ""
expect "the program's output" "$(run_image "$layout")" "hello"
