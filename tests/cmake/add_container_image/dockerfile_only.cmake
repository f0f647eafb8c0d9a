add_container_image(image FILES data.txt DESTINATION / FROM scratch BUILD_ARGS A=b)
