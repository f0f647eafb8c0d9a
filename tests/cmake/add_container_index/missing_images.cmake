add_container_index(index TAGS x)
