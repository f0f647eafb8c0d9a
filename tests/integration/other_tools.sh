# What skopeo, umoci and buildah say of the image and of its Dockerfile.
. "$SOURCE/tests/integration/lib.sh"
need skopeo umoci buildah python3
fresh_copy three
configure "$WORK/build" -G Ninja "-DSlipway_EXECUTABLE=$SLIPWAY"
edges "$WORK/build" >/dev/null
folder=$WORK/build/app/app_image.container

# The part of a configuration that says how an image runs. BuildKit, and we after
# it, write two defaults that buildah leaves out.
run_config() {
  skopeo inspect --config "$1" | python3 -c '
import json, sys
config = json.load(sys.stdin)["config"]
config["Labels"] = {k: v for k, v in config.get("Labels", {}).items() if not k.startswith("io.buildah")}
config.pop("ArgsEscaped", None)
if config.get("WorkingDir") == "/":
    del config["WorkingDir"]
print(json.dumps({k: v for k, v in config.items() if v}, indent=1, sort_keys=True))'
}

# Names, kinds, modes, owners, link targets and contents below a folder.
listing() {
  (cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %l\n' | sort &&
    find . -type f -exec sha256sum {} + | sort)
}

expect "the digest that skopeo sees" "$(skopeo inspect "oci:$folder/image" | sed -n 's/.*"Digest": "\(.*\)".*/\1/p')" \
  "$(cat "$folder/image.digest")"
rootless=
[ "$(id -u)" = 0 ] || rootless=--rootless
tag=$(skopeo inspect "oci:$folder/image" >/dev/null && python3 -c '
import json, sys
print(json.load(open(sys.argv[1]))["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"])' "$folder/image/index.json")
quietly umoci unpack $rootless --image "$folder/image:$tag" "$WORK/ours"

in_storage() { buildah --storage-driver vfs --root "$WORK/buildah" --runroot "$WORK/buildah-run" "$@"; }
quietly in_storage bud --isolation chroot --format oci --timestamp 0 -t theirs "$folder/context"
quietly in_storage push theirs "oci:$WORK/theirs.oci:latest"
quietly umoci unpack $rootless --image "$WORK/theirs.oci:latest" "$WORK/theirs"

expect "the configuration" "$(run_config "oci:$WORK/theirs.oci:latest")" "$(run_config "oci:$folder/image")"
expect "the files" "$(listing "$WORK/theirs/rootfs")" "$(listing "$WORK/ours/rootfs")"
