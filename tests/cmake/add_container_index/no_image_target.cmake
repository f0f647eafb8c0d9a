add_custom_target(thing)
add_container_index(index IMAGES thing)
