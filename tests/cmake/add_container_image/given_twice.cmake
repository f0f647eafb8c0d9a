add_container_image(image FILES data.txt DESTINATION /data FROM scratch USER 1 USER 2)
