add_container_image(image FILES data.txt USER 1 FROM scratch)
