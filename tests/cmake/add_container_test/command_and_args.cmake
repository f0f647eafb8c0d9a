add_container_image(image FILES data.txt DESTINATION /d FROM scratch)
add_container_test(starts IMAGE image COMMAND a ARGS b)
