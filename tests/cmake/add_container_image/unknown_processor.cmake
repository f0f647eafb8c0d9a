set(CMAKE_SYSTEM_PROCESSOR pdp11)
add_container_image(image FILES data.txt DESTINATION /data FROM scratch)
