add_custom_target(other)
add_container_test(starts IMAGE other)
