add_container_image(image DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/.." DESTINATION /src FROM scratch)
