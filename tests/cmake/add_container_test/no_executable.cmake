add_container_image(image FILES data.txt DESTINATION /d FROM scratch)
add_custom_target(other)
add_container_test(TARGETS other IMAGE image)
