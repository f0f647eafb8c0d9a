add_container_image(image TARGETS app FROM scratch STRIP all)
