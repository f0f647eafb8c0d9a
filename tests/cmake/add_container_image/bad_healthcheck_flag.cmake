add_container_image(image FILES data.txt DESTINATION /data FROM scratch HEALTHCHECK --every=5s CMD x)
