add_targets()
add_container_image(image TARGETS app other RUNTIME_DEPENDENCIES NONE FROM scratch)
