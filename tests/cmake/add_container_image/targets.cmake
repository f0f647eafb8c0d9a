add_targets()
add_container_image(image TARGETS app plugin FROM scratch)
