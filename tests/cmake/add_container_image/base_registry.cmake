# No registry is asked for it here.
add_container_image(image FILES data.txt DESTINATION /data FROM registry.invalid/base:1)
