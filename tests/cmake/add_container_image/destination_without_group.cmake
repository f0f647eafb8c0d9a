add_container_image(image DESTINATION /data FROM scratch)
