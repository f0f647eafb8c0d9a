add_container_image(image TARGETS app FROM scratch COMPILE_IN example.org/gcc:12 DEBUG_VARIANT)
