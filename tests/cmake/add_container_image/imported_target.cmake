add_executable(tool IMPORTED)
add_container_image(image TARGETS tool FROM scratch)
