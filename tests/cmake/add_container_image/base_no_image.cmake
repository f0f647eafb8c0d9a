add_custom_target(thing)
add_container_image(image FILES data.txt DESTINATION /data FROM thing)
