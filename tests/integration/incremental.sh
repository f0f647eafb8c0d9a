# Which edges run after which change, on Ninja.
. "$SOURCE/tests/integration/lib.sh"
fresh_copy three
configure "$WORK/build" -G Ninja "-DSlipway_EXECUTABLE=$SLIPWAY"
src=$WORK/src
folder=$WORK/build/app/app_image.container
build() { edges "$WORK/build"; }
# Edges of the image; compile and link lines are the project's own matter.
image_edges() { build | grep -E '^(Staging|Writing|Planning|COPY|FROM|WORKDIR|Assembling)' || true; }

build >/dev/null
expect "nothing changed" "$(build)" ""

# Another content, another size or not: this layer and the image.
echo other >"$src/app/share/one.txt"
expect "a changed file" "$(image_edges)" "Assembling image app_image
COPY data-1/ /usr/share/three/
Staging /usr/share/three/ of image app_image"
echo new >"$src/app/share/sub/two.txt"
expect "an added file" "$(image_edges)" "Assembling image app_image
COPY data-1/ /usr/share/three/
Staging /usr/share/three/ of image app_image"
rm "$src/app/share/sub/two.txt"
expect "a removed file" "$(image_edges)" "Assembling image app_image
COPY data-1/ /usr/share/three/
Staging /usr/share/three/ of image app_image"

# A new time is no change.
touch "$src/app/share/one.txt"
expect "a touched file" "$(image_edges)" "Staging /usr/share/three/ of image app_image"

# A comment: the program is linked again to the same bytes.
echo "// nothing new" >>"$src/app/main.cpp"
expect "a comment" "$(image_edges)" "Staging executables of image app_image
Staging third-party libraries of image app_image"

sed 's/found/saw/; s/%s: %d/%s; %d/' "$src/app/main.cpp" >"$WORK/main.cpp"
cp "$WORK/main.cpp" "$src/app/main.cpp"
expect "a changed program" "$(image_edges)" "Assembling image app_image
COPY executables/usr/bin/ /usr/bin/
Staging executables of image app_image
Staging third-party libraries of image app_image"

# Only the configuration: no layer.
sed 's/hello there/good day/' "$src/app/CMakeLists.txt" >"$WORK/CMakeLists.txt"
cp "$WORK/CMakeLists.txt" "$src/app/CMakeLists.txt"
expect "a changed variable" "$(image_edges)" "Assembling image app_image
Planning image app_image
Writing the Dockerfile of image app_image"
expect "nothing changed again" "$(build)" ""

# An image on an image: a new base packs nothing again.
edges "$WORK/build" --target more_image >/dev/null
echo other still >"$src/app/share/one.txt"
expect "a changed base" "$(edges "$WORK/build" --target more_image | grep -E '^(Staging|Planning|COPY)' || true)" \
  "COPY data-1/ /usr/share/three/
Staging /usr/share/three/ of image app_image"
expect "the base in the image" "$(grep -c '^FROM' "$WORK/build/app/more_image.container/context/Dockerfile")" 1
expect "nothing changed at last" "$(edges "$WORK/build" --target more_image)" ""

# A file that vanishes is named, and its return is enough.
mv "$src/app/motd.txt" "$WORK/motd.txt"
if cmake --build "$WORK/build" >"$WORK/log" 2>&1; then fail "built without motd.txt"; fi
grep -q "motd.txt" "$WORK/log" || fail "the missing file is not named: $(cat "$WORK/log")"
mv "$WORK/motd.txt" "$src/app/motd.txt"
build >/dev/null
expect "nothing changed after a return" "$(build)" ""
