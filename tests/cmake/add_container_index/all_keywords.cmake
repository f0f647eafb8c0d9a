add_container_image(image FILES data.txt DESTINATION /data FROM scratch)
add_container_index(index IMAGES image oci:other TAGS example.org/demo:1 ALL)
