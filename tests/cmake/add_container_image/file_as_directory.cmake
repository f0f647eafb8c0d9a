add_container_image(image DIRECTORY data.txt DESTINATION /data FROM scratch)
