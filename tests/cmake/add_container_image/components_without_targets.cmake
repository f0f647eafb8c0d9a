add_container_image(image COMPONENTS runtime FILES data.txt DESTINATION /data FROM scratch)
