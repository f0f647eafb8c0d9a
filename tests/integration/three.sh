# three.sh <way> <generator>: the project of three directories, consumed in one of
# the three ways on one of the three generators: built, run, built again, cleaned.
. "$SOURCE/tests/integration/lib.sh"
way=$1
generator=$2
need podman runc
fresh_copy three

options="-DSlipway_EXECUTABLE=$SLIPWAY"
[ "$way" != find_package ] || options="-DCMAKE_PREFIX_PATH=$PREFIX"
configure "$WORK/build" -G "$generator" "-DSLIPWAY_BY=$way" "$options"
config=
folder=$WORK/build/app/app_image.container
if [ "$generator" = "Ninja Multi-Config" ]; then
  config="--config Release"
  folder=$folder/Release
fi
# shellcheck disable=SC2086
build() { edges "$WORK/build" $config "$@"; }

build >/dev/null
[ -f "$folder/image/index.json" ] || fail "there is no image in $folder"
digest=$(cat "$folder/image.digest")
expect "the libraries" "$(ls "$folder/context/libraries/usr/lib" | tr '\n' ' ')" \
  "libinner.so.2 libinner.so.2.1.0 libouter.so.1 libouter.so.1.0.5 libplugin.so "

expect "a second build" "$(build)" ""
build --target app_image_archive >/dev/null
[ -f "$folder/app_image.tar" ] || fail "there is no archive in $folder"

# The project's own installation has nothing of the image's rules.
# shellcheck disable=SC2086
quietly env "DESTDIR=$WORK/installed" cmake --install "$WORK/build" $config
[ ! -e "$WORK/installed" ] || fail "the install rules of the image leak: $(find "$WORK/installed" -type f)"

# What is thrown away comes back, the same.
rm -rf "$folder"
build >/dev/null
expect "the digest of a folder made again" "$(cat "$folder/image.digest")" "$digest"
build --target clean >/dev/null
[ ! -e "$folder/image" ] || fail "clean leaves $folder/image"
build >/dev/null
expect "the digest after clean" "$(cat "$folder/image.digest")" "$digest"

expect "the program's output" "$(run_image "$folder/image")" "hello there: 42 7 data"
