add_container_test(starts IMAGE nothing)
