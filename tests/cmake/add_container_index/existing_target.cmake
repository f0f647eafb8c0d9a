add_custom_target(index)
add_container_index(index IMAGES oci:x)
