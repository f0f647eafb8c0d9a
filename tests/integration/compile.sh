# compile.sh: targets compiled inside of a toolchain image. Which edges run after
# which change, what the image holds, and the three ways to get the module there.
. "$SOURCE/tests/integration/lib.sh"
need podman runc
mountpoint -q / || skip "'/' is no mount point here, and the compile mounts its sources"
fresh_copy compile
src=$WORK/src
python3 -B "$SOURCE/tests/support/toolchain.py" "$WORK/toolchain" >"$WORK/log" || skip "no toolchain: $(cat "$WORK/log")"
configure "$WORK/build" -G Ninja "-DSLIPWAY_BY=find_package" "-DCMAKE_PREFIX_PATH=$PREFIX" \
  "-DTOOLCHAIN=$WORK/toolchain" -DGREETING=good-day
folder=$WORK/build/app/app_image.container
build() { edges "$WORK/build" --target app_image; }
# Edges of the image. What is compiled inside, its log tells.
image_edges() { build | grep -E '^(Staging|Writing|Planning|COPY|FROM|RUN|Assembling)' || true; }
compiled() { sed -n 's/.*Building CXX object //p' "$folder/steps/0-1.log" | sort | tr '\n' ' '; }
the_compile='RUN ["cmake", "-P", "/slipway/compile/slipway/inside/Compile.cmake"]'
dependent='Staging third-party libraries of image app_image'

expect "the first build" "$(image_edges)" "Assembling image app_image
COPY --from=compile /slipway/out/executables/usr/bin/ /usr/bin/
COPY --from=compile /slipway/out/libraries/usr/lib/ /usr/lib/
COPY data-1/ /etc/compile/
COPY dependencies/ /
FROM oci:$WORK/toolchain
Planning image app_image
$the_compile
Staging /etc/compile/ of image app_image
Staging settings of the compile of image app_image
Staging sources of image app_image
$dependent
Writing the Dockerfile of image app_image"
expect "what is compiled at first" "$(compiled)" \
  "app/CMakeFiles/app.dir/main.cpp.o lib/CMakeFiles/words.dir/words.cpp.o "
[ ! -e "$WORK/build/app/app" ] || fail "the program was compiled outside, too"
expect "nothing changed" "$(build)" ""
# The option and the cache entry of this build reach the one inside.
expect "the program's output" "$(run_image "$folder/image")" "good-day from inside, name included"

# What the compile did not read is looked at once, and then no more.
echo more >>"$src/docs/notes.md"
expect "a file that nobody reads" "$(image_edges)" "Staging sources of image app_image"
echo more >>"$src/docs/notes.md"
expect "the same again" "$(build)" ""

# One object is compiled; the same program ends there.
echo "// nothing new" >>"$src/app/main.cpp"
expect "a comment" "$(image_edges)" "$the_compile
Staging sources of image app_image"
expect "what a comment compiles" "$(compiled)" "app/CMakeFiles/app.dir/main.cpp.o "

sed 's/from inside/from deep inside/' "$src/lib/words.cpp" >"$WORK/words.cpp"
cp "$WORK/words.cpp" "$src/lib/words.cpp"
expect "a changed library" "$(image_edges)" "Assembling image app_image
COPY --from=compile /slipway/out/executables/usr/bin/ /usr/bin/
COPY --from=compile /slipway/out/libraries/usr/lib/ /usr/lib/
$the_compile
Staging sources of image app_image
$dependent"
expect "what a library compiles" "$(compiled)" "lib/CMakeFiles/words.dir/words.cpp.o "
expect "the changed output" "$(run_image "$folder/image")" "good-day from deep inside, name included"

# A mistake stops the build at the call; a header that is new since then counts.
sed 's/#include "words.hpp"/#include "words.hpp"\n#include "extra.hpp"/' "$src/app/main.cpp" >"$WORK/main.cpp"
cp "$WORK/main.cpp" "$src/app/main.cpp"
if cmake --build "$WORK/build" --target app_image >"$WORK/log" 2>&1; then fail "built without extra.hpp"; fi
grep -q "extra.hpp: No such file" "$WORK/log" || fail "the compiler's message is missing: $(cat "$WORK/log")"
grep -q "app/CMakeLists.txt:[0-9]*: error: RUN of line" "$WORK/log" || fail "no place: $(cat "$WORK/log")"
echo '#error unfinished' >"$src/app/extra.hpp"
if cmake --build "$WORK/build" --target app_image >"$WORK/log" 2>&1; then fail "built with #error"; fi
grep -q "#error unfinished" "$WORK/log" || fail "the new header was not seen: $(cat "$WORK/log")"
echo '#pragma once' >"$src/app/extra.hpp"
build >/dev/null
expect "after a mistake" "$(build)" ""

# A file whose content changes back to something older than the object.
cp -p "$src/lib/words.cpp" "$WORK/words.cpp"
sed 's/from deep inside/from elsewhere/' "$WORK/words.cpp" >"$src/lib/words.cpp"
build >/dev/null
touch -d '2001-01-01' "$WORK/words.cpp"
cp -p "$WORK/words.cpp" "$src/lib/words.cpp"
touch "$src/lib"
build >/dev/null
expect "an older file" "$(run_image "$folder/image")" "good-day from deep inside, name included"

# Another toolchain: nothing of the old one is used.
printf 'ARG TOOLCHAIN="oci:%s"\nFROM ${TOOLCHAIN}\nENV ANOTHER=one\nCOPY motd.txt /usr/include/\n' "$WORK/toolchain" >"$WORK/Dockerfile"
quietly "$SLIPWAY" build -q -f "$WORK/Dockerfile" -o "type=oci,dest=$WORK/other,tar=false" "$src/app"
rm -rf "$WORK/toolchain"
mv "$WORK/other" "$WORK/toolchain"
build >/dev/null
expect "what another toolchain compiles" "$(compiled)" \
  "app/CMakeFiles/app.dir/main.cpp.o lib/CMakeFiles/words.dir/words.cpp.o "

# What is thrown away comes back, the same.
digest=$(cat "$folder/image.digest")
rm -rf "$folder"
build >/dev/null
expect "the digest of a folder made again" "$(cat "$folder/image.digest")" "$digest"

# The other ways, on the other generator.
for way in add_subdirectory FetchContent; do
  configure "$WORK/$way" -G "Unix Makefiles" "-DSLIPWAY_BY=$way" "-DSlipway_EXECUTABLE=$SLIPWAY" \
    "-DTOOLCHAIN=$WORK/toolchain" -DGREETING=good-day
  quietly cmake --build "$WORK/$way" --target app_image
  expect "the digest by $way" "$(cat "$WORK/$way/app/app_image.container/image.digest")" "$digest"
done

# Debug information of what was compiled inside, in an image of its own.
need readelf objcopy
configure "$WORK/build" "-DSTRIP=STRIP;split"
split() { quietly cmake --build "$WORK/build" --target app_image app_image_debug; }
split
for program in executables/usr/bin/app libraries/usr/lib/libwords.so.3.1.4; do
  sections=$(readelf -SW "$folder/context/$program")
  case $sections in *.debug_info* | *.symtab*) fail "$program is not stripped" ;; *.gnu_debuglink*) ;;
    *) fail "$program has no link to its debug information" ;; esac
done
expect "the stripped program's output" "$(run_image "$folder/image")" "good-day from deep inside, name included"
debug=$WORK/build/app/app_image_debug.container
id=$(readelf -n "$folder/context/executables/usr/bin/app" | sed -n 's/.*Build ID: //p')
found=$debug/context/debug/usr/lib/debug/.build-id/$(printf %.2s "$id")/${id#??}.debug
readelf --debug-dump=info "$found" | grep -q 'app/main.cpp' || fail "no debug information for the build ID $id"
split_digest=$(cat "$folder/image.digest")
debug_digest=$(cat "$debug/image.digest")
sed '1i// a line above all' "$src/app/main.cpp" >"$WORK/main.cpp"
cp "$WORK/main.cpp" "$src/app/main.cpp"
split
expect "the digest after a comment" "$(cat "$folder/image.digest")" "$split_digest"
[ "$(cat "$debug/image.digest")" != "$debug_digest" ] || fail "a comment left debug information as it was"
expect "nothing to split" "$(edges "$WORK/build" --target app_image app_image_debug)" ""
