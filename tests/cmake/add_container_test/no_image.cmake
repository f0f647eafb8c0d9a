add_container_test(starts ARGS x)
