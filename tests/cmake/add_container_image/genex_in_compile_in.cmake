add_targets()
add_container_image(image TARGETS app FROM scratch COMPILE_IN $<1:oci:x>)
