add_container_test(IMAGE image)
