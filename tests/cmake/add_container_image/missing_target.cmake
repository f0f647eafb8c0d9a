add_targets()
add_container_image(image TARGETS ap FROM scratch)
