add_container_image(image FILES data.txt DESTINATION /data FROM scratch HEALTHCHECK --interval=5s)
