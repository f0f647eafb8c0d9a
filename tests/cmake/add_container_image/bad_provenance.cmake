set(SLIPWAY_PROVENANCE max)
add_container_image(image FILES data.txt DESTINATION /data FROM scratch)
