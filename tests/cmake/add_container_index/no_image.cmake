add_container_index(index IMAGES debian:12)
