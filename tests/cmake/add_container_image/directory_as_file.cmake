add_container_image(image FILES share DESTINATION /data FROM scratch)
