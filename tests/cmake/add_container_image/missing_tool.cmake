set(Slipway_EXECUTABLE /nowhere/slipway)
add_container_image(image FILES data.txt DESTINATION /data FROM scratch)
