add_custom_target(image)
add_container_image(image FILES data.txt DESTINATION /data FROM scratch)
