add_targets()
add_container_image(image TARGETS static FROM scratch)
