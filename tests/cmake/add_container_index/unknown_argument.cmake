add_container_index(index IMAGE x)
