add_container_image(image FILES data.txt DESTINATION /data FROM scratch COMPILE_IN oci:x)
