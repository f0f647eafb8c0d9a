add_container_index(index IMAGE_S x)
