add_container_image(image FROM scratch)
