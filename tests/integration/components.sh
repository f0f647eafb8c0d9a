# The project's own install components, each a layer.
. "$SOURCE/tests/integration/lib.sh"
need podman runc
fresh_copy components
# No build type: what a first try at the command line has.
configure "$WORK/build" -G Ninja "-DSlipway_EXECUTABLE=$SLIPWAY" -DCMAKE_BUILD_TYPE=
edges "$WORK/build" >/dev/null
context=$WORK/build/tool_image.container/context
expect "the staged files" "$(cd "$context" && find component-*/ -type f | sort)" "component-config/etc/tool/tool.conf
component-runtime/usr/libexec/tool/tool"
expect "the mode of a file" "$(stat -c %a "$context/component-config/etc/tool/tool.conf")" 400

echo 'level = 2' >"$WORK/src/tool.conf"
expect "a changed file of a component" "$(edges "$WORK/build")" "Assembling image tool_image
COPY component-config/ /
Staging component config of image tool_image"
expect "nothing changed" "$(edges "$WORK/build")" ""
expect "the program's output" "$(run_image "$WORK/build/tool_image.container/image")" "from a component"
