add_container_image(image FILES data.txt DESTINATION /data/../etc FROM scratch)
