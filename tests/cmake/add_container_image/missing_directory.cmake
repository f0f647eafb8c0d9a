add_container_image(image DIRECTORY nowhere DESTINATION /data FROM scratch)
