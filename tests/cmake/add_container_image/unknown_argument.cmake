add_container_image(image FORM scratch)
