add_container_image(image FILES nowhere.txt DESTINATION /data FROM scratch)
